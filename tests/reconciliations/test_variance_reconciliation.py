"""Variances of reconciliations: above the tolerance, without a reason, suspected theft, sign-off and replacement."""

from datetime import timedelta
from uuid import UUID

import pytest

from cashdesk.domain.caller.principal import SYSTEM
from cashdesk.enums import Reason, VarianceState
from reconciliations.domain.authorization import issue_authorization
from tests.reconciliations.queue import declare, limits, only, raised
from tests.settlements.desk import Shop
from tests.stories import Cast


@pytest.fixture
def shop(cast: Cast) -> Shop:
    """A shop with a tolerance of 5.00."""
    limits(cast.store, tolerance=5_00)
    return Shop(cast)


def test_without_a_reason_whatever_differs_is_raised(shop: Shop) -> None:
    declare(shop, 1)
    found = only()
    assert (found.difference, found.state, found.reason) == (1, VarianceState.OPEN, "")


def test_what_matches_is_not(shop: Shop) -> None:
    declare(shop, 0)
    assert raised() == []


@pytest.mark.parametrize("declared", [0, 1, 5_00])
def test_suspected_theft_always_is(shop: Shop, declared: int) -> None:
    declare(shop, declared, reason=Reason.THEFT_SUSPECTED, notes="Till was open.")
    found = only()
    assert (found.difference, found.state) == (declared, VarianceState.EXPLAINED)
    assert (found.reason, found.notes) == (Reason.THEFT_SUSPECTED, "Till was open.")
    assert (found.explained_by, found.explained_at) == (shop.cast.erika, shop.at)


def permitted(shop: Shop) -> UUID:
    """Anna's authorization for one sign-off."""
    issued = issue_authorization(
        store=shop.cast.store,
        purpose="shortage",
        expires_in=timedelta(hours=1),
        by=shop.by(shop.cast.anna),
        at=shop.tick(),
    )
    return issued.uuid


def test_an_authorization_signs_it_off(shop: Shop) -> None:
    declare(shop, 50_00, reason=Reason.OTHER, notes="x", authorization_id=permitted(shop))
    found = only()
    assert (found.state, found.decided_by, found.decided_at) == (VarianceState.APPROVED, shop.cast.anna, shop.at)
    assert list(found.events.values_list("act", flat=True)) == ["EXPLAIN", "APPROVE"]


def test_an_authorization_signs_off_nothing_that_has_no_reason(shop: Shop) -> None:
    declare(shop, 50_00, authorization_id=permitted(shop))
    assert only().state == VarianceState.OPEN


def test_above_the_second_limit_an_authorization_is_not_enough(shop: Shop) -> None:
    limits(shop.cast.store, tolerance=5_00, second=20_00)
    declare(shop, 20_01, reason=Reason.OTHER, notes="x", authorization_id=permitted(shop))
    found = only()
    assert (found.state, found.is_escalated, found.decided_by) == (VarianceState.ESCALATED, True, None)


def test_one_that_a_program_reports_is_counted_by_nobody_known(shop: Shop) -> None:
    declare(shop, 50_00, by=SYSTEM)
    assert only().counted_by is None


def test_another_of_the_scope_supersedes_it(shop: Shop) -> None:
    declare(shop, 50_00)
    declare(shop, 60_00, operator=shop.cast.carla)
    declare(shop, 70_00, currency="USD")
    declare(shop, 80_00)
    assert [(found.counted_amount, found.state) for found in raised()] == [
        (50_00, VarianceState.SUPERSEDED), (60_00, VarianceState.OPEN), (70_00, VarianceState.OPEN),
        (80_00, VarianceState.OPEN),
    ]  # fmt: skip
    first = raised()[0]
    (event,) = first.events.all()
    assert (event.act, event.from_state, event.to_state, event.by_user) == (
        "SUPERSEDE", "OPEN", "SUPERSEDED", shop.cast.erika,
    )  # fmt: skip


def test_one_that_matches_supersedes_it_too(shop: Shop) -> None:
    declare(shop, 50_00)
    declare(shop, 0)
    assert only().state == VarianceState.SUPERSEDED


def test_what_was_signed_off_stays_so(shop: Shop) -> None:
    declare(shop, 50_00, reason=Reason.OTHER, notes="x", authorization_id=permitted(shop))
    declare(shop, 60_00)
    assert [found.state for found in raised()] == [VarianceState.APPROVED, VarianceState.OPEN]
