"""Writes the examples of the API description: `python -m tests.contracts`."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from tests.contracts.examples import main  # noqa: E402  # Django must be set up first

main()
