"""Payments that a point of sale reports."""
