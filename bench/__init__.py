"""Benchmarks of the speed targets, as ratios within one run: `python -m bench --help`."""
