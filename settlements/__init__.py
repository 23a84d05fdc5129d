"""Vault and register settlements stand here, on the ledger of `cashdesk`."""
