"""The pages of supervisors on a chain in small: every page opens, and the lists of the back office follow an index."""

from functools import partial
from typing import Final

import pytest
from django.db import connection, transaction
from django.db.models import F, Sum

from bench.chain import Chain, build_chain
from bench.plans import faults_of
from bench.supervisor_pages import pages_of
from cashdesk.domain.ledger.expected import book_of, moved
from cashdesk.enums import CASH, PlaceKind, SessionStatus
from cashdesk.models import CashSession, Movement, Payment, Place, User, Variance
from cashdesk.pair import Pair
from tests.module_world import ModuleWorld
from tests.roles import owning
from tests.screens.desk import Browser
from tests.stories import counted_queries

STORES: Final = 40
DAYS: Final = 9
GROWING: Final = {
    f"{app}_{name}": 1.0
    for app, names in {
        "cashdesk": ("movement", "payment", "cashsession", "seal", "count", "countamount", "countpieces", "auditentry",
                     "variance", "businessday"),
        "settlements": ("settlement", "closingamount", "deposit"),
        "reconciliations": ("reconciliation", "storedayreport", "varianceevent"),
    }.items()
    for name in names
}  # fmt: skip
"""The tables that grow with the trade. Whoever reads half a row of them reads too much."""

REMOVED_MAX: Final = 500
"""How many rows a step may throw away. A list that follows the wrong index throws the rows of 39 other stores away."""

pytestmark = pytest.mark.skipif(connection.vendor != "postgresql", reason="the chain is written for PostgreSQL")


@pytest.fixture(scope="module")
def _chain(module_world: ModuleWorld) -> Chain:
    def build() -> Chain:
        # The application may set no sequence.
        with owning(connection), connection.cursor() as cursor:
            chain = build_chain(stores=STORES, days=DAYS)
            cursor.execute("ANALYZE")
            return chain

    return module_world.make(build)


@pytest.fixture
def chain(db: None, _chain: Chain) -> Chain:
    return _chain


def faults_on(person: User, path: str) -> list[str]:
    """Returns what the statements of a page read too much of, where the planner may read a small table as a whole."""
    browser = Browser(person)
    browser.get(path)
    with counted_queries() as queries:
        assert browser.get(path).status_code == 200
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        read = partial(faults_of, params=None, large=GROWING, removed_min=REMOVED_MAX)
        return [fault for row in queries for fault in read(row["sql"])]


def test_the_seals_of_every_place_hold_what_its_movements_add_up_to(chain: Chain) -> None:
    places = Place.objects.filter(store__account=chain.account, kind__in=(PlaceKind.REGISTER, PlaceKind.VAULT))
    for place in places.order_by("pk")[:60]:
        of_all = moved(place=place, after=0).get(Pair("EUR", CASH), 0)
        assert book_of(place).amount(currency="EUR", method=CASH) == of_all, place


def test_the_close_of_each_session_is_that_of_its_movements(chain: Chain) -> None:
    closed = CashSession.objects.filter(store__account=chain.account, status=SessionStatus.CLOSED)
    assert closed.count() > STORES * (DAYS - 1)
    returned = dict(
        Movement.objects.filter(session__in=closed, kind="RETURN").values_list("session").annotate(total=Sum("amount"))
    )
    assert returned == dict(closed.values_list("pk", "declared_amount"))
    assert Payment.objects.count() > 10 * STORES * DAYS
    assert not Variance.objects.filter(session__isnull=False).exclude(session__register=F("place")).exists()


def test_the_names_of_the_pages_are_all_different(chain: Chain) -> None:
    for person in (chain.owner, chain.manager):
        names = [look.name for look in pages_of(chain, person)]
        assert len(names) > 80
        assert len(set(names)) == len(names)


OF_OWNER: Final = (
    "today", "today, polled", "board", "board, polled", "one variance, beside all stores",
    "variances, all stores ", "admin businessday", "admin reconciliation", "admin deposit BAG-37",
    "admin settlement Mara 0501", "admin seal 12", "admin movement of a store", "admin payment of a store",
)  # fmt: skip
OF_MANAGER: Final = ("today", "variances ", "admin movement", "admin payment", "admin cashsession", "admin settlement")


@pytest.mark.parametrize("name", OF_OWNER)
def test_a_page_of_the_owner_reads_little_more_than_it_shows(chain: Chain, name: str) -> None:
    path = next(look.path for look in pages_of(chain, chain.owner) if look.name == name)
    assert faults_on(chain.owner, path) == []


@pytest.mark.parametrize("name", OF_MANAGER)
def test_a_page_of_a_manager_reads_little_of_other_stores(chain: Chain, name: str) -> None:
    path = next(look.path for look in pages_of(chain, chain.manager) if look.name == name)
    assert faults_on(chain.manager, path) == []
