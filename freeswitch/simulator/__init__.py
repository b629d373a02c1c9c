"""SIMULATOR: an event-socket server that stands in for FreeSWITCH where there is none.

`domain/` is pure (states, dial strings, dialplan, events, records); everything else is a thin shell around it.
What it imitates is pinned by `tests/contract/switch`, which compares it with a real switch.
"""
