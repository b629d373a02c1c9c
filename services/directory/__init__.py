"""Directory: tenants, people, API keys, extensions, devices, numbers and trunks; sign-in; who may register a phone."""
