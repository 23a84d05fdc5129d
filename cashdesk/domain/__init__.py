"""The functions of the domain, in packages by noun.

A function that changes something takes `by` (the caller) and `at` (the current time, UTC).
"""
