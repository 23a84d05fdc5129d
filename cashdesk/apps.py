"""Configuration of the lowest app: people, places, the ledger, sessions and payments."""

from django.apps import AppConfig

from cashdesk import catalog_checks, checks, name_checks, triggers


class CashdeskConfig(AppConfig):
    """Configures the app. Importing these modules registers their system checks."""

    name = "cashdesk"
    verbose_name = "Cashdesk"
    name_checks = name_checks
    triggers = triggers
    checks = checks
    catalog_checks = catalog_checks
