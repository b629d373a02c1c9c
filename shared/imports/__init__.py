"""Bulk import: a file of rows, each checked by itself, and a report on every one of them."""
