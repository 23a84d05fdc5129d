"""Management commands of this app, and the demonstration data."""
