"""Demonstration data: a store that trades under settlement, and the payouts of all stores."""
