"""acd: queues, agents, and who is connected to whom."""
