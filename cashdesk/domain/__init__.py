"""The domain's functions, in rooms by noun. Functions that change something take `by` (who) and `at` (when, UTC)."""
