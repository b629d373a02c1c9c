"""Calls that talk with a program: menus, flows, voicemail and surveys."""
