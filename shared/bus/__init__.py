"""The bus: events in streams, replicated tables, commands with honest answers, live snapshots and leases.

Services are written against ``shared.bus.port.Bus``. ``NatsBus`` speaks to NATS; ``MemoryBus`` is its twin for tests.
"""
