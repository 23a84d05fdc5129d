"""Configuration of the lowest app: people, places, the ledger, sessions and payments."""

from django.apps import AppConfig

from cashdesk import catalog_checks, checks, name_checks, origin_checks, triggers
from cashdesk.contributions import Contributions


class CashdeskConfig(AppConfig):
    """Configures the app. The import of the modules named below registers their system checks."""

    name = "cashdesk"
    verbose_name = "Cashdesk"
    name_checks = name_checks
    triggers = triggers
    checks = checks
    catalog_checks = catalog_checks
    origin_checks = origin_checks
    contributes = Contributions(
        dialects={
            "/api/v1/cash": "cashdesk.web.dialects.BareDialect",
            "/api/v1/users": "cashdesk.web.dialects.BareDialect",
            "/api/v1/sales": "cashdesk.web.dialects.BareDialect",
            "/api/v1/shifts": "cashdesk.web.dialects.EnvelopeDialect",
            "/api/v1/orders": "cashdesk.web.dialects.EnvelopeDialect",
            "/api/v1/payment-methods": "cashdesk.web.dialects.EnvelopeDialect",
            "/api/v1/reports": "cashdesk.web.dialects.EnvelopeDialect",
            "/api/v1/auth": "cashdesk.web.dialects.CommonDialect",
        },
        problems=(
            "cashdesk.api.problem_words.PROBLEMS",
            "cashdesk.api.drawer_problems.PROBLEMS",
            "cashdesk.api.order_problems.PROBLEMS",
        ),
        count_subjects=("close", "open", "count-in"),
    )
