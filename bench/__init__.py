"""Measures what the design promises about speed, as ratios within one run: `python -m bench --help`."""
