"""Benchmarks of the speed targets, as ratios within one run: `python -m bench --help`."""

import os

# The modules of tests that a measurement uses read words of the product, which need settings.
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
