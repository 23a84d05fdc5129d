"""Management commands of this app, and its part of the demonstration data."""
