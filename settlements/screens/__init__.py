"""The pages of settlements: registers, the vault, deposits, change orders and reports."""
