"""Configuration of the settlements app."""

from django.utils.translation import gettext_lazy
from django.utils.translation import gettext_noop as noop

from cashdesk import model_words
from cashdesk.contributions import Contributions, Destination, Spot
from settlements import triggers


class SettlementsConfig(model_words.WordedApp):
    """Configures the app. The import of `triggers` registers the database triggers of the app."""

    name = "settlements"
    verbose_name = gettext_lazy("Settlements")
    triggers = triggers
    contributes = Contributions(
        fragments={
            Spot.ABOUT_APIS: "settlements/about_apis.html",
            Spot.DESK_FORMS: "settlements/desk_forms.html",
            Spot.DESK_REFUSED: "settlements/desk_refused.html",
            Spot.DESK_OPENING: "settlements/desk_opening.html",
            Spot.DESK_BELOW: "settlements/desk_below.html",
            Spot.SETTINGS_PARTS: "settlements/settings_part.html",
            Spot.SETTINGS_INDEX: "settlements/settings_index.html",
            Spot.RESULT_PAPERS: "settlements/result_papers.html",
            Spot.DRAWERS_REGISTER: "settlements/drawers_register.html",
        },
        destinations=(
            Destination(key="safe", label=noop("Safe"), icon="safe", pages=("vault",), order=30),
            Destination(
                key="reports",
                label=noop("Reports"),
                icon="reports",
                pages=("reports", "report-stores"),
                order=60,
            ),
        ),
        sections={"/vault": "safe", "/reports": "reports", "/settlements/": "drawers"},
        dialects={
            "/api/v1/settlements": "settlements.dialect.SettlementDialect",
            "/api/v1/cashbookentries": "settlements.dialect.SettlementDialect",
            "/api/v1/cashbookaccounts": "settlements.dialect.SettlementDialect",
        },
        problems=("settlements.api.problem_words.PROBLEMS",),
        api_tags={
            "Settlements": "The period of a register or of the safe (`VAULT`): opened with amounts, counted per currency "
            "and method, closed. Amounts are in minor units, times are milliseconds since 1970. Every answer has "
            "`apiResponseStatus`.",
            "Movements": "Money that people carry: drops, loans, deposits and what is paid in and out. Amounts are in "
            "minor units.",
            "Reports": "X and Z reports of a register or of the safe. Amounts are in minor units.",
        },
        examples_in="settlements.api",
        count_subjects=("open", "count"),
        paid_reasons="settlements.domain.cashbook.offered_reasons",
    )
