"""Reconciliations: declared cash against what the ledger says of a store-day, and the sign-off."""

from django.apps import AppConfig

from reconciliations import triggers


class ReconciliationsConfig(AppConfig):
    """Configuration of the app. Importing `triggers` here lays down its laws."""

    name = "reconciliations"
    verbose_name = "Reconciliations"
    triggers = triggers
