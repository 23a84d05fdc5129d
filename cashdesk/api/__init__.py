"""One file per published API."""
