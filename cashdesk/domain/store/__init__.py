"""Stores and their places: business days, locks, and the rules about who may open and use a register."""
