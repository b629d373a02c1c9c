"""reporting: call records, stored once each, listed, filtered and exported."""
