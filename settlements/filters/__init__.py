"""Filters for the lists of this app."""
