"""Settlements: the period of a register and of the vault, opened with amounts, counted and closed."""

from django.apps import AppConfig

from settlements import triggers


class SettlementsConfig(AppConfig):
    """Configuration of the app. Importing `triggers` here lays down its laws."""

    name = "settlements"
    verbose_name = "Settlements"
    triggers = triggers
