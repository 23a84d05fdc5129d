"""The actions on settlements, one file per noun.

Each function is keyword-only, takes `by` (who) and `at` (when, UTC), and runs in one transaction.
"""
