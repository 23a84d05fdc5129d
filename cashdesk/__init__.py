"""The ground floor of the house: people, places, the ledger, sessions and payments."""
