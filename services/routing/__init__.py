"""Where every call goes: extensions, numbers, trunks, forwarding, ring groups and limits."""
