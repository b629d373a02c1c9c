"""The rules of routing, without I/O: ``decide(config, usage, request, now) -> Route``."""
