"""The ledger: movements, sums, seals, reversals and variances."""
