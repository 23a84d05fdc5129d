"""Plays the days in the Markdown files of this folder through the published API.

After every step the balance of every place must equal the table. At the end the figures of every session must equal
their table too. Nobody needs to program to read or write a file: its sentences are those of `acts.ACTS`.
"""

import re
from datetime import UTC
from functools import partial
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone
from django.utils.module_loading import import_string

from cashdesk.domain.ledger.expected import balances_of_places, late_cash_of
from cashdesk.enums import CASH
from cashdesk.models import CashSession, Movement, PaymentMethod
from cashdesk.pair import Pair
from settlements.domain.late_after_count import late_amounts_of
from settlements.models import Settlement
from tests.stories import caller, exact, make_cast
from tests.worked_days.acts import ACTS, Stage
from tests.worked_days.queueing import check_variances
from tests.worked_days.reconciling import check_reconciliations
from tests.worked_days.script import FOLDER, Row, Step, amounts, minor, read_day

COLUMNS = {
    "began with": "initialAmounts",
    "target": "targetAmounts",
    "counted": "actualAmounts",
    "difference": "differenceAmounts",
}
DAYS = sorted(FOLDER.glob("*.md"))


def name_of(path: Path) -> str:
    """Returns the name of a day, as a test id."""
    return path.stem


@pytest.mark.django_db
@pytest.mark.parametrize("path", DAYS, ids=name_of)
def test_the_day_goes_as_it_is_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    day = read_day(path)
    cast = make_cast(
        currency=day.currency,
        time_zone=day.time_zone,
        cut_off_hour=day.cut_off_hour,
        tolerance_minor=day.lets_pass,
        escalation_minor=day.second_limit,
    )
    PaymentMethod.objects.filter(account=cast.store.account, code__in=day.counted_by_hand).update(is_counted=True)
    stage = Stage(cast=cast, day=day)
    for step in day.steps:
        # The clock on the shop's wall is that of the story, for the tills and for the house.
        monkeypatch.setattr(timezone, "now", partial(step.at.astimezone, UTC))
        stage.play(step)
        check_places(stage, step)
        check_business_day(stage, step)
    check_results(stage, day.results)
    check_settlements(stage, day.settlements)
    check_reconciliations(stage, day.reconciliations)
    check_variances(stage, day.variances)
    assert [fault for proof in settings.PROOFS for fault in import_string(proof)(cast.store)] == []


def check_places(stage: Stage, step: Step) -> None:
    """Checks the balance of every place against the row. A place without a column must be empty, and the row must sum
    to 0.
    """
    held = balances_of_places(store=stage.cast.store)
    cash = Pair(stage.day.currency, CASH)
    # Cash of the shop is told in every file; other money where there is a table of it.
    pairs = {cash, *(pair for _kind, _number, pair in step.balances)}
    for pair in pairs:
        row = {place: told for place, told in step.balances.items() if place[2] == pair}
        assert sum(row.values()) == 0, f"the row does not add up to zero: {step}"
        for place in stage.cast.store.places.all():
            told = row.get((place.kind, place.number, pair), 0)  # type: ignore[call-overload]  # a kind is its text
            assert held[place.pk].get(pair, 0) == told, f"{pair} of {place} after: {step}"


def check_business_day(stage: Stage, step: Step) -> None:
    """Checks that the bookings of the step belong to the business day of the row."""
    if step.business_day:
        made = Movement.objects.filter(uuid__in=stage.movements_at[step.at])
        assert {str(movement.business_date) for movement in made} == {step.business_day}, step


def check_results(stage: Stage, rows: list[Row]) -> None:
    """Checks each session against the table, as the manager sees it. An empty cell means that nothing is shown yet."""
    listed = sorted(exact(caller(stage.cast.erika).get("/cash/sessions")), key=lambda session: session["id"])
    assert len(listed) == len(rows)
    for session, row in zip(listed, rows, strict=True):
        kept = CashSession.objects.select_related("register").get(pk=session["id"])
        late = late_cash_of(kept)
        found = {
            "cashier": session["user"]["name"],
            "register": kept.register.number,
            "float": session["start_amount"],
            "found at opening": kept.opening_difference,
            "expected": session["final_cash_system"],
            "counted": session["final_cash_declared"],
            "difference": session["difference"],
            "came late": late,
            "still unexplained": None if kept.difference is None else kept.difference - late,
        }
        assert set(row) == set(found)
        for title, told in row.items():
            assert as_told(title, told, stage.day.currency) == in_minor_units(
                found[title], title, stage.day.currency
            ), (row, title)


def check_settlements(stage: Stage, rows: list[Row]) -> None:
    """Checks each settlement against the table, as the manager sees it, in the order of their opening."""
    page = caller(stage.cast.erika).get("/settlements?size=200").json()["settlements"]["content"]
    assert len(page) == len(rows)
    kept = {str(settlement.uuid): settlement for settlement in Settlement.objects.all()}
    for settlement, row in zip(sorted(page, key=lambda one: kept[one["settlementId"]].pk), rows, strict=True):
        found = {
            title: {(line["currency"], line["method"]): line["value"] for line in settlement.get(name, [])}
            for title, name in COLUMNS.items()
        }
        late = late_amounts_of(kept[settlement["settlementId"]])
        found["came late"] = {pair: amount for pair, amount in late.items() if amount}
        station = settlement["station"]
        assert row["settlement"] == (f"register {station}" if station else "vault")
        assert set(row) == {"settlement", *found}
        for title, shown in found.items():
            assert shown == amounts(row[title], stage.day.currency), (row, title)


def as_told(title: str, told: str, currency: str) -> object:
    """Returns a cell as a name, a number, minor units, or None if it is empty."""
    if title in ("cashier", "register"):
        return told
    return minor(told, currency) if told else None


def in_minor_units(found: object, title: str, currency: str) -> object:
    """Returns figures in minor units: the API has units, the ledger has minor units."""
    if title in ("cashier", "register"):
        return str(found)
    is_from_the_api = title in ("float", "expected", "counted", "difference")
    return minor(str(found), currency) if is_from_the_api and found is not None else found


def test_every_day_begins_with_its_story() -> None:
    assert len(DAYS) >= 11
    for path in DAYS:
        title, _blank, story = path.read_text(encoding="utf-8").split("\n", 2)
        assert title.startswith("# ")
        assert len(re.findall(r"\w[.!?:]\s", story.partition("|")[0])) >= 2, f"{path.name} tells no story"


def test_every_sentence_is_used_in_some_day() -> None:
    told = {step.act for path in DAYS for step in read_day(path).steps}
    unused = [pattern for pattern in ACTS if not any(re.fullmatch(pattern, act) for act in told)]
    assert unused == []
