"""The verbs of reconciling, one file per noun. Each is keyword-only, takes `by` (who) and `at` (when, UTC)."""
