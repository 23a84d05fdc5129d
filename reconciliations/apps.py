"""Configuration of the reconciliations app."""

from django.apps import AppConfig

from cashdesk.contributions import Contributions, Spot
from reconciliations import triggers


class ReconciliationsConfig(AppConfig):
    """Configures the app. The import of `triggers` registers the database triggers of the app."""

    name = "reconciliations"
    verbose_name = "Reconciliations"
    triggers = triggers
    contributes = Contributions(
        fragments={
            Spot.HOME_BUTTONS: "reconciliations/home_buttons.html",
            Spot.HOME_APIS: "reconciliations/home_apis.html",
            Spot.RESULT_ACTS: "reconciliations/result_acts.html",
            Spot.ADMIN_TOOLS: "admin/reconciliations/tools.html",
        },
        dialects={
            "/api/v1/cash-management": "reconciliations.dialect.ReconciliationDialect",
            "/api/v1/adapters/xmart/cash-management": "reconciliations.dialect.ReconciliationDialect",
        },
        problems=("reconciliations.api.problem_words.PROBLEMS",),
        count_subjects=("recount",),
    )
