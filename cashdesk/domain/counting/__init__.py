"""Counts, and the forms in which people enter them."""
