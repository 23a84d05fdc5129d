"""Configuration of the reconciliations app."""

from django.utils.translation import gettext_lazy
from django.utils.translation import gettext_noop as noop

from cashdesk import model_words
from cashdesk.contributions import Contributions, Destination, Spot
from reconciliations import triggers


class ReconciliationsConfig(model_words.WordedApp):
    """Configures the app. The import of `triggers` registers the database triggers of the app."""

    name = "reconciliations"
    verbose_name = gettext_lazy("Reconciliations")
    triggers = triggers
    contributes = Contributions(
        fragments={
            Spot.ABOUT_APIS: "reconciliations/about_apis.html",
            Spot.ACCOUNT_BELOW: "reconciliations/account_patterns.html",
            Spot.SETTINGS_PARTS: "reconciliations/settings_patterns_part.html",
            Spot.SETTINGS_INDEX: "reconciliations/settings_patterns_index.html",
            Spot.SETTINGS_REASONS: "reconciliations/settings_reasons.html",
            Spot.RESULT_ACTS: "reconciliations/result_acts.html",
            Spot.REPORTS_BELOW: "reconciliations/reports_below.html",
            Spot.REPORT_DOORS: "reconciliations/trail_door.html",
            Spot.STORES_MENU: "reconciliations/stores_menu.html",
        },
        destinations=(
            Destination(key="today", label=noop("Today"), icon="today", pages=("today",), order=10),
            Destination(
                key="variances",
                label=noop("Variances"),
                icon="variances",
                pages=("variance-list",),
                order=40,
                waiting="reconciliations.queries.variances_waiting",
            ),
            Destination(
                key="patterns",
                label=noop("Patterns"),
                icon="patterns",
                pages=("patterns",),
                order=45,
            ),
            Destination(key="money", label=noop("Money"), icon="money", pages=("money",), order=50),
        ),
        sections={
            "/money": "money",
            "/today": "today",
            "/board": "today",
            "/patterns": "patterns",
            "/variances": "variances",
            "/admin/cashdesk/variance/": "variances",
        },
        dialects={
            "/api/v1/cash-management": "reconciliations.dialect.ReconciliationDialect",
            "/api/v1/adapters/xmart/cash-management": "reconciliations.dialect.ReconciliationDialect",
        },
        problems=("reconciliations.api.problem_words.PROBLEMS",),
        api_tags={
            "Reconciliations": "Declared cash compared with the ledger, per store and business day. Amounts are JSON "
            "numbers in the currency's units. Errors are `{error: {code, message}}`.",
            "Variances": "Differences that somebody has to explain and sign off. Amounts are in minor units.",
            "Exports": "Tables as files for spreadsheets.",
        },
        examples_in="reconciliations.api",
        count_subjects=("recount",),
    )
