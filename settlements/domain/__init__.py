"""The verbs of settlements, one file per noun. Each is keyword-only, takes `by` (who) and `at` (when, UTC), and is one
transaction.
"""
