"""Telephony without I/O: numbers, destinations, dial strings, dialplan and directory documents, hangup causes.

Import the module you need (``from shared.telephony.destinations import Destination``); nothing is loaded here, so a
process that never parses a phone number never loads phone number metadata.
"""
