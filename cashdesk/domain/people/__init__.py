"""People and programs: how they sign in, and their tokens."""
