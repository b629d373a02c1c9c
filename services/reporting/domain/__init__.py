"""Pure rules of reporting: how legs make a call. No I/O."""
