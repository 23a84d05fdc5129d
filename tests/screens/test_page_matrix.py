"""Who may open which page: every page outside the settings and the back office, for every role and for a visitor.

The settings have a matrix of their own (tests/screens/settings/test_access.py), and so has the back office.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cashdesk import page_urls as desk_pages
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.session.audit_count import audit_count
from cashdesk.enums import MovementKind, Role
from cashdesk.models import AuditEntry, User, Variance
from reconciliations import page_urls as reconciliation_pages
from reconciliations.domain.business_day_close import close_business_day
from settlements import desk_urls as money_pages
from settlements import page_urls as settlement_pages
from settlements.domain.deposit import prepare_deposit
from settlements.domain.payout import record_payout
from tests.cashdesk.desk import NOON, close_drawer, counted, move, open_drawer
from tests.factories import StoreFactory, UserFactory
from tests.module_world import ModuleWorld
from tests.settlements.desk import Shop
from tests.settlements.ordering import ordered
from tests.stories import make_cast

WHO: Final = ("visitor", "carla", "bruno", "clara", "erika", "mia", "anna", "otto")
"""Carla has an open drawer, Bruno a closed one. Erika manages their store, and Clara and Mia work in another store of the
account. Anna is the account's admin, and Otto manages a store of another account."""

# Each letter is the answer to one of WHO: o opens, > leads on, s must sign in, x may not (403), - does not exist (404).
EVERYONE, SIGNED_IN = "oooooooo", "sooooooo"
MANAGERS, MANAGERS_OF_A_ROW = "sxxxoooo", "sxxxo-o-"
OWN_DRAWER = "so>>>>>>"
ADMINS = "sxxxxxox"
MATRIX: Final[dict[str, str]] = {
    **dict.fromkeys(
        ("about", "password-forgotten", "password-code", "manifest", "service-worker", "offline"), EVERYONE
    ),
    **dict.fromkeys(
        ("account", "account-sign-out-everywhere", "second-factor", "password", "desk", "search"), SIGNED_IN
    ),
    **dict.fromkeys(
        ("all-stores", "vault", "vault-change", "vault-orders", "vault-order-new", "vault-loan", "vault-fetch",
         "vault-pay-in", "vault-pay-out", "vault-movements", "vault-deposits", "vault-deposit-new", "exports",
         "variance-list", "payouts", "payout-new"), MANAGERS
    ),
    **dict.fromkeys(
        ("report-places", "x-report", "z-reports", "z-report", "vault-of", "vault-order", "vault-order-arrive",
         "vault-order-cancel", "vault-movement-reverse", "vault-deposit", "vault-deposit-collect",
         "vault-deposit-credit", "payout-reverse", "recount", "variance-page", "person-new-password"), MANAGERS_OF_A_ROW
    ),
    **dict.fromkeys(
        ("trail", "trail-file", "day-trail", "day-trail-file", "store-day", "store-day-file", "x-report-file", "z-report-file", "vault-deposit-file"), MANAGERS_OF_A_ROW
    ),
    **dict.fromkeys(
        ("desk-cancel-opening", "desk-pay-in", "desk-pay-out", "desk-drop", "desk-count", "desk-hand-over",
         "desk-no-sale"), OWN_DRAWER
    ),
    # A signed-in person is led to their first page.
    "home": "s>>>>>>>",
    "setup": "ssssssss",
    "sign-in": "o>>>>>>>",
    "sign-in-code": "ssssssss",
    "sign-in-second-factor": "ssssssss",
    "signed-out-there": "ssssssss",
    # Without a provider in the settings.
    "provider": "--------",
    "provider-back": "--------",
    "account-provider": "s-------",
    "one-time-link": "--------",
    # Asks those who signed in with a PIN for their password, and leads others on.
    "confirm": "s>>>>>>>",
    # Off in this store.
    "account-pin": "s>>>>>>>",
    "account-end-sign-in": "s>>>>>>>",
    "second-factor-new": "sxxxoooo",
    "second-factor-codes": "s>>>>>>>",
    "second-factor-remove": "s>>>>>>>",
    # An admin of more than one store chooses one first.
    "drawers": "sxxxoo>o",
    "today": "sxxxoo>o",
    "money": "sxxxoo>o",
    "today-now": MANAGERS_OF_A_ROW,
    # A look that is recorded is a POST; a GET leads to the X report.
    "expected-now": "sxxx>->-",
    "reports": "sxxxoo>o",
    "over-short": "sxxxoo>o",
    "report-mail": "sxxxoo>o",
    "over-short-file": "sxxxoo>o",
    "operator-month": "sxxxoo>o",
    # Nobody was chosen.
    "operator-month-file": "sxxxee>e",
    "position-file": "sxxxoo>o",
    "board": ADMINS,
    "board-now": ADMINS,
    "desk-register": "sooooo>o",
    "report-stores": "sxxx>>o>",
    "choose-store": "sxxx----",
    # Carla has a drawer already. An admin without a store has none.
    "desk-open": "s>oooo>o",
    "desk-take-back": "so------",
    "draft-go-on": "s>>>>>>>",
    "draft-anew": "s>>>>>>>",
    # The result of Bruno's closed drawer.
    "desk-result": "s-o-o-o-",
    "session-count": "s->->->-",
    # The open drawer of Carla.
    "audit-count": "sxxxo-o-",
    "audited": "sxxxo-o-",
    "desk-result-note": "s->->->-",
    "session-recount": "sxxx>>>>",
    # The shortage is Bruno's.
    "repay": "s-o-o-o-",
    "session-repay": "s>>>>>>>",
    "settlement-open": "soo-o-o-",
    # The settlement of the safe.
    "settlement-page": "s--->->-",
    "settlement-start": "s--->->-",
    "settlement-count": "s---o-o-",
    # A bag without a credit has nothing to correct.
    "vault-deposit-correct": "sxxx>-o-",
    "patterns": "sxxxoo>o",
    "patterns-own": "sooooo>o",
    "patterns-people": MANAGERS_OF_A_ROW,
    # The account does not show patterns by person.
    "patterns-person": "sxxx----",
    "patterns-register": MANAGERS_OF_A_ROW,
    "settings-patterns": "sxxxxxox",
    "export-file": "sxxxeeee",
    "export-all": "sxxxeeee",
    "export-progress": "sxxxoooo",
    "export-all-progress": "sxxxoooo",
}  # fmt: skip
POSTS_ONLY: Final = {"sign-in-pin", "sign-out", "language", "draft"}
"""Paths that a form or a script sends to. Each of them answers GET with 405."""
LETTERS: Final = {200: "o", 400: "e", 403: "x", 404: "-", 405: "m"}


def all_patterns() -> list[Any]:
    modules = (desk_pages, money_pages, settlement_pages, reconciliation_pages)
    return [one for module in modules for one in module.urlpatterns if one.name]


@pytest.fixture(scope="module")
def _paths(module_world: ModuleWorld) -> dict[str, str]:
    return module_world.make(make_paths)


@pytest.fixture
def paths(db: None, _paths: dict[str, str]) -> dict[str, str]:
    """The path of every page, in a store with one row of everything."""
    return _paths


def make_paths() -> dict[str, str]:
    cast = make_cast()
    safe = Shop(cast=cast).vault()
    drop = move(open_drawer(cast.carla, 100_00, station=1), MovementKind.DROP, 10_00)
    closed = close_drawer(open_drawer(cast.bruno, 100_00, station=2), 40_00)
    by, now = Principal(user=cast.erika), timezone.now()
    bag = prepare_deposit(store=cast.store, amount=5_00, currency="EUR", bag_number="B-1", by=by, at=now)
    paid_out = record_payout(store=cast.store, method="CARD", currency="EUR", amount=5_00, by=by, at=now)
    close_business_day(store=cast.store, on=NOON.date() - timedelta(days=1), by=by, at=NOON)
    audited = audit_count(session=drop.session, counted=counted(90_00), by=by, at=now)
    elsewhere = StoreFactory(account=cast.store.account, number="1402", name="Wedding")
    UserFactory(username="clara", role=Role.CASHIER, store=elsewhere)
    UserFactory(username="mia", role=Role.MANAGER, store=elsewhere)
    samples = {
        "movement": drop.uuid,
        "order": ordered(cast).uuid,
        "payout": paid_out.uuid,
        "deposit": bag.uuid,
        "session": closed.uuid,
        "variance": Variance.objects.get().uuid,
        "settlement": safe.uuid,
        "store": cast.store.uuid,
        "station": 2,
        "number": closed.register.seals.get().number,
        "person": cast.carla.uuid,
        "secret": "no-secret",
        "export": closed.uuid,
        "file_format": "csv",
        "noun": "session",
        "thing": closed.uuid,
        "count": audited.pk,
    }
    special: dict[str, dict[str, Any]] = {
        "day-trail": {"number": 1},
        "day-trail-file": {"number": 1},
        "store-day": {"number": 1},
        "store-day-file": {"number": 1},
        "vault-movement-reverse": {"movement": bag.movement.uuid},
        "x-report": {"station": 1},
        "x-report-file": {"station": 1},
        "audit-count": {"session": audited.session.uuid},
        "audited": {"session": audited.session.uuid},
    }
    return {
        one.name: reverse(
            one.name, kwargs={key: special.get(one.name, {}).get(key, samples[key]) for key in one.pattern.converters}
        )
        for one in all_patterns()
    }


def letter(answer: HttpResponse) -> str:
    """Returns the letter of an answer."""
    where = answer.headers.get("Location", "")
    if where:
        return "s" if where.partition("?")[0] == "/sign-in" else ">"
    return LETTERS[answer.status_code]


def browser(who: str) -> Client:
    client = Client()
    if who != "visitor":
        client.force_login(User.objects.get(username=who))
    return client


def cells(who: str) -> Iterator[tuple[str, str]]:
    for name, letters in MATRIX.items():
        yield name, letters[WHO.index(who)]


def test_the_matrix_knows_every_page() -> None:
    assert {one.name for one in all_patterns()} == MATRIX.keys() | POSTS_ONLY
    assert {len(letters) for letters in MATRIX.values()} == {len(WHO)}


@pytest.mark.parametrize("who", WHO)
def test_each_person_opens_their_pages_and_no_other(paths: dict[str, str], who: str) -> None:
    client = browser(who)
    opened = {name: letter(client.get(paths[name])) for name in (*MATRIX, *POSTS_ONLY)}
    assert opened == {**dict(cells(who)), **dict.fromkeys(POSTS_ONLY, "m")}


@pytest.mark.parametrize("who", WHO)
def test_who_may_not_open_a_page_may_not_send_it(paths: dict[str, str], who: str) -> None:
    client = browser(who)
    before = AuditEntry.objects.count()
    refused = {name: cell for name, cell in cells(who) if cell in "x-"}
    sent = {name: letter(client.post(paths[name], {"step": "close", "amount": "1"})) for name in refused}
    # A page without a form takes nothing from anybody.
    assert {name: cell for name, cell in sent.items() if cell not in (refused[name], "m")} == {}
    assert AuditEntry.objects.count() == before
