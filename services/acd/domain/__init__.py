"""Pure rules of queues and agents."""
