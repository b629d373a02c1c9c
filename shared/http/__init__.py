"""HTTP as every Seda service speaks it: problem+json, tokens, pages, idempotent POST, health and metrics."""
