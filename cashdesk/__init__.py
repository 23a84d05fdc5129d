"""The lowest app: people, places, the ledger, sessions and payments."""
