"""Configuration of the settlements app."""

from django.apps import AppConfig

from settlements import triggers


class SettlementsConfig(AppConfig):
    """Configures the app. Importing `triggers` registers the app's laws."""

    name = "settlements"
    verbose_name = "Settlements"
    triggers = triggers
