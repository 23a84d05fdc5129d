"""Settings and the front door."""
