"""The actions of this app, one file per noun.

Functions are keyword-only and take `by` (who) and `at` (when, UTC).
"""
