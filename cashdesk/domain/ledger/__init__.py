"""The ledger: movements, expected amounts, seals, reversals and variances."""
