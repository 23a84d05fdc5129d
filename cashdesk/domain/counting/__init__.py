"""Counts, drafts of forms, witnesses, and the checks of typed amounts."""
