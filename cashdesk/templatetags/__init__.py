"""Template tags and filters, also for the apps above."""
