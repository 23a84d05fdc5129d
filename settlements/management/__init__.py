"""Demonstration data for a store that trades under settlement."""
