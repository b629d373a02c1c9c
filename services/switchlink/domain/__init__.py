"""Pure rules of switchlink: what the switch's events and records mean. No I/O."""
