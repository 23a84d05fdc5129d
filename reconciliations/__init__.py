"""Reconciliations stand here, on the ledger of `cashdesk`, and the pages that look over everything."""
