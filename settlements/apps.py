"""Configuration of the settlements app."""

from django.apps import AppConfig

from cashdesk.contributions import Contributions, Spot
from settlements import triggers


class SettlementsConfig(AppConfig):
    """Configures the app. The import of `triggers` registers the database triggers of the app."""

    name = "settlements"
    verbose_name = "Settlements"
    triggers = triggers
    contributes = Contributions(
        fragments={
            Spot.HOME_BUTTONS: "settlements/home_buttons.html",
            Spot.HOME_APIS: "settlements/home_apis.html",
            Spot.DESK_FORMS: "settlements/desk_forms.html",
            Spot.DESK_REFUSED: "settlements/desk_refused.html",
            Spot.DESK_OPENING: "settlements/desk_opening.html",
            Spot.DESK_BELOW: "settlements/desk_below.html",
            Spot.RESULT_PAPERS: "settlements/result_papers.html",
        },
        dialects={
            "/api/v1/settlements": "settlements.dialect.SettlementDialect",
            "/api/v1/cashbookentries": "settlements.dialect.SettlementDialect",
            "/api/v1/cashbookaccounts": "settlements.dialect.SettlementDialect",
        },
        problems=("settlements.api.problem_words.PROBLEMS",),
        count_subjects=("open", "count"),
    )
