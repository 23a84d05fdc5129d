"""Stores and their places: business days, locks, and who may open and use what."""
