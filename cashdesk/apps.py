"""Configuration of the lowest app: people, places, the ledger, sessions and payments."""

from django.utils.translation import gettext_noop as noop

from cashdesk import catalog_checks, checks, model_words, name_checks, origin_checks, sign_in_checks, triggers
from cashdesk.contributions import Contributions, Destination


class CashdeskConfig(model_words.WordedApp):
    """Configures the app. The import of the modules named below registers their system checks."""

    name = "cashdesk"
    verbose_name = "Cashdesk"
    name_checks = name_checks
    triggers = triggers
    checks = checks
    catalog_checks = catalog_checks
    origin_checks = origin_checks
    sign_in_checks = sign_in_checks
    contributes = Contributions(
        destinations=(
            Destination(
                key="drawers",
                label=noop("Drawers"),
                icon="drawers",
                pages=("drawers",),
                order=20,
            ),
            Destination(
                key="settings",
                label=noop("Settings"),
                icon="settings",
                pages=("settings", "admin:index"),
                order=90,
            ),
        ),
        sections={
            "/drawers": "drawers",
            "/admin/cashdesk/cashsession/": "drawers",
            "/settings": "settings",
            "/admin/": "settings",
        },
        dialects={
            "/api/v1/cash": "cashdesk.web.dialects.BareDialect",
            "/api/v1/users": "cashdesk.web.dialects.BareDialect",
            "/api/v1/sales": "cashdesk.web.dialects.BareDialect",
            "/api/v1/shifts": "cashdesk.web.dialects.EnvelopeDialect",
            "/api/v1/orders": "cashdesk.web.dialects.EnvelopeDialect",
            "/api/v1/payments/midtrans-notification": "cashdesk.web.dialects.EnvelopeDialect",
            "/api/v1/payment-methods": "cashdesk.web.dialects.EnvelopeDialect",
            "/api/v1/reports": "cashdesk.web.dialects.EnvelopeDialect",
            "/api/v1/auth": "cashdesk.web.dialects.CommonDialect",
        },
        problems=(
            "cashdesk.api.problem_words.PROBLEMS",
            "cashdesk.api.drawer_problems.PROBLEMS",
            "cashdesk.api.order_problems.PROBLEMS",
            "cashdesk.api.webhook_problems.PROBLEMS",
        ),
        api_tags={
            "Sign-in": "Get a token for a person, and see what it may do. API keys need no sign-in.",
            "Cash sessions": "One cashier, one register, one float, one count. Amounts are JSON numbers in the currency's "
            "units, such as 1250.5. Errors are `{detail}`.",
            "Shifts": "The same sessions under other names, with payments of orders. Amounts are whole numbers of the "
            "currency's smallest cash unit. Answers are `{message, data}`.",
            "Stores and people": "The ids that other calls need: stores, registers, people and keys.",
            "Events": "The list of what happened, in order, for programs that follow a store.",
            "Webhooks": "Addresses to which events are sent at once, and what was delivered. For admins.",
            "Problems": "Every error code, with its meaning and what to do about it.",
            "Payments": "Payments from points of sale. Only an approved payment moves money. Amounts are in minor units.",
        },
        examples_in="cashdesk.api",
        count_subjects=("close", "open", "count-in", "audit"),
    )
