"""Pure rules of the simulated switch: no sockets, no clock, no files."""
