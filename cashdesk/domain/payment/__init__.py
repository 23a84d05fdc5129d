"""Payments that a point of sale reports: checking, resolving, recording and booking them."""
