"""Every query of ivr, by what it is about."""
