"""Counts, drafts of forms, witnesses, plans for the next float, and checks of typed amounts."""
