"""The ground floor: people, places, the ledger, sessions and payments."""

from django.apps import AppConfig

from cashdesk import triggers


class CashdeskConfig(AppConfig):
    """Configuration of the app. Importing `triggers` here registers its system check."""

    name = "cashdesk"
    verbose_name = "Cashdesk"
    triggers = triggers
