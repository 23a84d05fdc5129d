"""The limits of one register or of the safe: its own value, else that of the store, for every door."""

import re

import pytest
from django.db import IntegrityError, transaction

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.ledger.tolerance import tolerance_of
from cashdesk.domain.store.place_limits import change_place_limits
from cashdesk.enums import PlaceKind, VarianceKind
from cashdesk.errors import Forbidden
from cashdesk.models import AuditEntry, CashSession, Count, Place, Variance
from tests.cashdesk.desk import open_drawer
from tests.factories import PASSWORD
from tests.reconciliations.floor import at_noon
from tests.reconciliations.queue import limits
from tests.screens.desk import Browser
from tests.settlements.desk import Shop
from tests.stories import Cast


@pytest.fixture
def shop(cast: Cast) -> Shop:
    """A store that accepts 2.00, and leaves more than 20.00 to an admin."""
    shop = at_noon(cast)
    limits(cast.store, tolerance=2_00, second=20_00)
    return shop


def limit(cast: Cast, number: int = 1, **values: int | None) -> None:
    """Gives register 1, or another one, limits of its own. Number 0 is the safe."""
    kind = PlaceKind.REGISTER if number else PlaceKind.VAULT
    Place.objects.filter(store=cast.store, kind=kind, number=number).update(**values)


def short(shop: Shop, by: int, *, station: int = 1) -> Variance | None:
    """Closes a drawer that is short, and returns its variance."""
    session = shop.sign_on(shop.cast.carla, 200_00, station=station)
    shop.sign_off(session, 200_00 - by)
    return Variance.objects.filter(kind=VarianceKind.SESSION, session=session).first()


def test_a_register_has_the_limits_of_its_store_until_it_has_its_own(cast: Cast, shop: Shop) -> None:
    limit(cast, 2, tolerance_minor=5_00, escalation_minor=6_00)
    assert short(shop, 2_00) is None
    assert short(shop, 5_00) is not None
    assert short(shop, 5_00, station=2) is None
    made, escalated = short(shop, 5_01, station=2), short(shop, 6_01, station=2)
    assert made is not None
    assert escalated is not None
    assert (made.tolerance, made.is_escalated, escalated.is_escalated) == (5_00, False, True)


def test_an_own_tolerance_of_nothing_accepts_nothing(cast: Cast, shop: Shop) -> None:
    limit(cast, tolerance_minor=0)
    assert short(shop, 1) is not None


def test_the_smaller_share_of_the_store_still_counts(cast: Cast, shop: Shop) -> None:
    limits(cast.store, tolerance=2_00, share=50)
    limit(cast, tolerance_minor=50_00)
    assert short(shop, 1_00) is None
    assert short(shop, 1_01) is not None


def test_an_own_share_goes_before_that_of_the_store(cast: Cast, shop: Shop) -> None:
    """The store accepts 0.5 percent, and register 2 two percent: 4.00 of 200.00, less than its own 50.00."""
    limits(cast.store, tolerance=50_00, share=50)
    limit(cast, 2, tolerance_basis_points=200)
    assert short(shop, 1_01) is not None
    assert short(shop, 4_00, station=2) is None
    made = short(shop, 4_01, station=2)
    assert made is not None
    assert made.tolerance == 4_00


def test_an_own_share_of_nothing_leaves_only_the_amount(cast: Cast, shop: Shop) -> None:
    limits(cast.store, tolerance=2_00, share=50)
    limit(cast, tolerance_basis_points=0)
    assert short(shop, 2_00) is None
    assert short(shop, 2_01) is not None


@pytest.mark.parametrize(
    ("of_store", "own", "accepted"), [(0, None, 0), (50, None, 1_00), (50, 0, 0), (50, 200, 4_00), (0, 200, 4_00)]
)
def test_another_currency_has_only_the_share(
    cast: Cast, shop: Shop, of_store: int, own: int | None, accepted: int
) -> None:
    limits(cast.store, tolerance=50_00, share=of_store)
    limit(cast, tolerance_minor=9_00, tolerance_basis_points=own)
    register = cast.place(PlaceKind.REGISTER, 1)
    assert tolerance_of(store=cast.store, place=register, expected=200_00, currency="USD") == accepted


def test_the_result_tells_the_limit_that_made_the_variance(cast: Cast, shop: Shop) -> None:
    limits(cast.store, tolerance=50_00)
    limit(cast, tolerance_basis_points=100)
    made = short(shop, 2_01)
    assert made is not None
    assert made.tolerance == 2_00
    assert "€2.00" in Browser(cast.carla).get(f"/desk/sessions/{made.session.uuid}").content.decode()


def test_the_settlement_of_a_register_reads_its_limits_too(cast: Cast, shop: Shop) -> None:
    limit(cast, tolerance_minor=5_00)
    shop.vault()
    settlement = shop.open(200_00)
    shop.count(settlement)
    shop.close(settlement, 195_00)
    assert not Variance.objects.exists()


def test_a_register_asks_for_a_witness_of_its_own(cast: Cast, shop: Shop) -> None:
    limit(cast, witness_minor=100_00)
    open_drawer(cast.carla, 0, station=1)
    carla = Browser(cast.carla)
    carla.fill("/desk/count", {"amount": "100.01"})
    assert "A second person confirms this count" in carla.text
    carla.send("/desk/count", {"step": "close"})
    assert carla.page.status_code == 400
    carla.send("/desk/count", {"step": "close", "witness_name": "bruno", "witness_password": PASSWORD})
    assert carla.page.status_code == 303
    assert Count.objects.latest("pk").witness == cast.bruno


def test_a_float_is_witnessed_where_the_drawer_opens(cast: Cast, shop: Shop) -> None:
    """The page knows the register only when it is chosen, so the fields appear with the refusal."""
    limit(cast, witness_minor=100_00)
    carla = Browser(cast.carla)
    carla.fill("/desk/open", {"pieces-20000": "1"})
    carla.send("/desk/open", {"step": "open", "station": "1"})
    assert carla.page.status_code == 400
    assert "This much cash needs a second person." in carla.text
    assert 'name="witness_name"' in carla.page.content.decode()
    carla.send("/desk/open", {"step": "open", "station": "1", "witness_name": "bruno", "witness_password": "wrong"})
    assert carla.page.status_code == 400
    carla.send("/desk/open", {"step": "open", "station": "1", "witness_name": "bruno", "witness_password": PASSWORD})
    assert (carla.page.status_code, Count.objects.latest("pk").witness) == (303, cast.bruno)


def test_an_admin_changes_the_limits_and_the_trail_tells_it(cast: Cast, shop: Shop) -> None:
    anna = Browser(cast.anna)
    path = f"/settings/stores/{cast.store.uuid}/places/1/limits"
    page = anna.get(path).content.decode()
    assert "the limit of the store (€2.00)" in page
    anna.fill(path, {"tolerance_minor": "3.50", "escalation_minor": "", "witness_minor": "500"})
    assert anna.page.status_code == 303
    register = cast.place(PlaceKind.REGISTER, 1)
    assert (register.tolerance_minor, register.escalation_minor, register.witness_minor) == (3_50, None, 500_00)
    entry = AuditEntry.objects.get(action="place.changed")
    assert entry.detail["changes"] == {"tolerance_minor": [None, 3_50], "witness_minor": [None, 500_00]}
    anna.fill(path, {"tolerance_minor": "", "witness_minor": ""})
    register.refresh_from_db()
    assert (register.tolerance_minor, register.witness_minor) == (None, None)


def test_an_empty_share_is_that_of_the_store_and_0_is_none(cast: Cast, shop: Shop) -> None:
    limits(cast.store, tolerance=2_00, share=50)
    anna = Browser(cast.anna)
    path = f"/settings/stores/{cast.store.uuid}/places/1/limits"
    assert "the limit of the store (0.50 %). With 0, only the amount counts." in anna.get(path).content.decode()
    for typed, kept, shown in (("1.5", 150, "1.50"), ("0", 0, "0.00"), ("", None, "")):
        anna.fill(path, {"tolerance_basis_points": typed})
        assert anna.page.status_code == 303
        assert cast.place(PlaceKind.REGISTER, 1).tolerance_basis_points == kept
        assert f'name="tolerance_basis_points" value="{shown}"' in anna.get(path).content.decode() or not shown
    anna.fill(path, {"tolerance_basis_points": "101"})
    assert anna.page.status_code == 400
    entry = AuditEntry.objects.filter(action="place.changed").latest("pk")
    assert entry.detail["changes"] == {"tolerance_basis_points": [0, None]}


def test_the_safe_has_a_page_too(cast: Cast, shop: Shop) -> None:
    anna = Browser(cast.anna)
    anna.fill(f"/settings/stores/{cast.store.uuid}/places/0/limits", {"tolerance_minor": "1"})
    assert anna.page.status_code == 303
    assert cast.place(PlaceKind.VAULT).tolerance_minor == 1_00
    assert anna.get(f"/settings/stores/{cast.store.uuid}/places/77/limits").status_code == 404


def test_a_manager_may_not_change_how_they_are_judged(cast: Cast, shop: Shop) -> None:
    register = cast.place(PlaceKind.REGISTER, 1)
    register.tolerance_minor = 99_00
    with pytest.raises(Forbidden):
        change_place_limits(place=register, fields=["tolerance_minor"], by=Principal(user=cast.erika), at=shop.at)
    assert "Limits" not in Browser(cast.erika).get(f"/settings/stores/{cast.store.uuid}").content.decode()


def test_the_page_of_a_store_says_which_limits_its_places_have(cast: Cast, shop: Shop) -> None:
    limit(cast, tolerance_minor=10_00, tolerance_basis_points=50)
    limit(cast, 0, witness_minor=0)
    for person in (cast.anna, cast.erika):
        page = Browser(person).get(f"/settings/stores/{cast.store.uuid}").content.decode()
        registers = page.partition('id="registers"')[2].partition("</section>")[0]
        lines = re.findall(r"<dt>(.*?)</dt>\s*<dd>(.*?)</dd>", registers)
        assert lines == [
            ("Accepted difference", "€10.00"),
            ("Accepted share of the expected amount", "0.50 %"),
            ("A second person confirms counts above", "€0.00"),
        ]


@pytest.mark.parametrize(("kind", "number", "values"), [
    (PlaceKind.REGISTER, 1, {"tolerance_minor": -1}), (PlaceKind.BANK, 0, {"tolerance_minor": 1}),
    (PlaceKind.OUTSIDE, 0, {"witness_minor": 1}), (PlaceKind.BANK, 0, {"tolerance_basis_points": 50}),
    (PlaceKind.REGISTER, 1, {"tolerance_basis_points": 10_001}),
])  # fmt: skip
def test_the_database_refuses_limits_that_mean_nothing(
    cast: Cast, kind: PlaceKind, number: int, values: dict[str, int]
) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Place.objects.filter(pk=cast.place(kind, number).pk).update(**values)


def test_the_api_counts_without_a_witness_but_with_the_limits(cast: Cast, shop: Shop) -> None:
    """Programs cannot bring a second person, and never had to. Their closes are judged by the register's tolerance."""
    limit(cast, tolerance_minor=5_00, witness_minor=1_00)
    session = shop.sign_on(cast.carla, 200_00)
    shop.sign_off(session, 196_00)
    assert not Variance.objects.exists()
    assert CashSession.objects.get(pk=session.pk).difference == -4_00
