"""Configuration of the reconciliations app."""

from django.apps import AppConfig

from reconciliations import triggers


class ReconciliationsConfig(AppConfig):
    """Configures the app. Importing `triggers` registers the app's laws."""

    name = "reconciliations"
    verbose_name = "Reconciliations"
    triggers = triggers
