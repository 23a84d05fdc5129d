"""Settlements of registers and vaults, on top of the ledger in `cashdesk`."""
