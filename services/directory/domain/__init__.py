"""The directory's rules, without I/O."""
