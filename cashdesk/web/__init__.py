"""The seams of DRF, and nothing of the domain."""
