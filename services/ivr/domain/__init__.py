"""Rules of ivr: pure, without any I/O."""
