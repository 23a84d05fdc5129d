"""The demonstration world of a store that trades under settlement."""
