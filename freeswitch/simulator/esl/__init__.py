"""The event socket's wire: inbound server, outbound connections."""
