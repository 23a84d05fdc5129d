"""The recount of a drawer in the browser: by another person, blind, and once."""

import pytest

from cashdesk.enums import CountMoment, Role, VarianceKind
from cashdesk.models import CashSession, Count, Draft, Variance
from reconciliations.domain.variance_acts import approve_variance, explain_variance
from tests.factories import UserFactory
from tests.reconciliations.queue import declare, limits, of_kind, short_drawer
from tests.screens.desk import Browser
from tests.settlements.desk import Shop
from tests.stories import Cast


@pytest.fixture
def shop(cast: Cast) -> Shop:
    """A shop without any tolerance."""
    limits(cast.store)
    return Shop(cast)


def path_of(variance: Variance) -> str:
    """Returns the address of the page."""
    return f"/variances/{variance.uuid}/recount"


def test_a_manager_counts_a_drawer_again_and_finds_what_was_missed(cast: Cast, shop: Shop) -> None:
    short = short_drawer(shop, by=10_00)
    session = CashSession.objects.get()
    erika = Browser(cast.erika)
    erika.get(f"/desk/sessions/{session.uuid}")
    assert f"/desk/sessions/{session.uuid}/recount" in erika.page.content.decode()
    erika.get(f"/desk/sessions/{session.uuid}/recount")
    assert erika.page.headers["Location"] == path_of(short)
    erika.follow()
    assert "Count again 1337 Berlin · Register 1 · Carla" in erika.text
    for figure in ("200", "190"):
        assert f"{figure}.00" not in erika.text
    erika.send(path_of(short), {"pieces-5000": "4", "step": "review"})
    assert "You counted €200.00" in erika.text
    first = erika.send(path_of(short), {"step": "keep"})
    assert first.headers["Location"] == f"/variances/{short.uuid}?done=recount"
    erika.follow()
    for said in (
        "Register 1, −€10.00,", ": recounted.", "The recount found €200.00. Nothing differs from what was expected.",
    ):  # fmt: skip
        assert said in erika.text, said
    again = Count.objects.get(moment=CountMoment.RECOUNT)
    assert (again.counted_by, again.amounts.get().amount) == (cast.erika, 200_00)
    assert [(line.denomination, line.pieces) for line in again.amounts.get().pieces.all()] == [(50_00, 4)]
    session.refresh_from_db()
    assert session.declared_amount == 190_00


def test_sent_twice_it_is_one_count(cast: Cast, shop: Shop) -> None:
    short = short_drawer(shop)
    erika = Browser(cast.erika)
    erika.fill(path_of(short), {"amount": "200", "step": "review"})
    sent = {**erika.hidden(), "step": "keep"}
    answers = [erika.client.post(path_of(short), sent) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert Count.objects.filter(moment=CountMoment.RECOUNT).count() == 1
    assert not Draft.objects.exists()


def test_what_was_typed_stays(cast: Cast, shop: Shop) -> None:
    short = short_drawer(shop)
    erika = Browser(cast.erika)
    erika.fill(path_of(short), {"pieces-5000": "four", "pieces-20": "7", "step": "review"})
    assert erika.page.status_code == 400
    assert (erika.value("pieces-5000"), erika.value("pieces-20")) == ("four", "7")
    erika.get(path_of(short))
    assert "We restored" in erika.text
    assert (erika.value("pieces-5000"), erika.value("pieces-20")) == ("four", "7")
    erika.send(path_of(short), {"pieces-5000": "4", "pieces-20": "7", "step": "review"})
    erika.send(path_of(short), {"step": "back"})
    assert (erika.value("pieces-5000"), erika.value("pieces-20")) == ("4", "7")
    assert not Count.objects.filter(moment=CountMoment.RECOUNT).exists()


def test_who_counted_it_does_not_count_it_again(cast: Cast, shop: Shop) -> None:
    short = short_drawer(shop, cashier=cast.erika)
    erika = Browser(cast.erika)
    erika.get(path_of(short))
    assert "You cannot count this again" in erika.text
    assert "data-sheet" not in erika.page.content.decode()
    erika.get(f"/desk/sessions/{short.session.uuid}/recount")
    assert erika.page.headers["Location"].endswith("?notice=nothing-to-recount")
    # A page that was opened before it was dealt with is told so too, with every digit.
    anna = Browser(cast.anna)
    anna.fill(path_of(short), {"amount": "200", "step": "review"})
    explain_variance(variance=short, reason="COUNTING_ERROR", by=shop.by(cast.anna), at=shop.tick())
    zoe = UserFactory(username="zoe", account=cast.store.account, store=None, role=Role.ADMIN)
    approve_variance(variance=short, by=shop.by(zoe), at=shop.tick())
    anna.send(path_of(short), {"step": "keep"})
    assert anna.page.status_code == 409
    assert "Nothing was saved." in anna.text
    assert anna.hidden()["amount"] == "200"


def test_what_matches_waits_for_nobody(cast: Cast, shop: Shop) -> None:
    session = shop.sign_on(cast.carla, 100_00)
    shop.sign_off(session, 100_00)
    erika = Browser(cast.erika)
    erika.get(f"/desk/sessions/{session.uuid}/recount")
    erika.follow()
    assert "This drawer needs no second count" in erika.text


def test_it_is_for_managers_of_the_store(cast: Cast, shop: Shop) -> None:
    short = short_drawer(shop)
    for path in (path_of(short), f"/desk/sessions/{short.session.uuid}/recount"):
        assert Browser(cast.bruno).get(path).status_code == 403
    assert Browser(cast.otto).get(path_of(short)).status_code == 404


def test_a_declaration_has_no_cash_to_count(cast: Cast, shop: Shop) -> None:
    session = shop.sign_on(cast.carla, 100_00)
    declare(shop, 90_00)
    shop.sign_off(session, 100_00)
    erika = Browser(cast.erika)
    erika.get(path_of(of_kind(VarianceKind.RECONCILIATION)))
    assert "You cannot count this again" in erika.text
