"""Creates the demonstration data: fixed stores, people and keys, and some weeks of trading up to yesterday."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from cashdesk.denominations import denominations_of
from cashdesk.domain.caller.principal import SYSTEM, Principal
from cashdesk.domain.counting.count import CountedAmount, Pieces
from cashdesk.domain.ledger import ledger
from cashdesk.domain.ledger.cash_movement import move_cash
from cashdesk.domain.ledger.entry import Entry
from cashdesk.domain.payment.payment_report import PaymentReport
from cashdesk.domain.payment.recording import record_payments
from cashdesk.domain.people.api_key import issue_api_key
from cashdesk.domain.people.person import create_person
from cashdesk.domain.session.closing import close_session, force_close_session
from cashdesk.domain.session.opening import open_session
from cashdesk.domain.store.organisation import create_account, create_store
from cashdesk.domain.store.place import places_of
from cashdesk.enums import CASH, Language, MovementKind, PaymentStatus, PaymentType, PlaceKind, Role, Scope
from cashdesk.management.demo_stores import STORES, DemoStore
from cashdesk.models import Account, CashSession, Store, User, Vendor
from cashdesk.money import exponent_of, parse_units

ACCOUNT_NAME: Final = "Cashdesk Demo"
OTHER_ACCOUNT_NAME: Final = "Another Company"
PASSWORD: Final = "drawer-and-vault"  # noqa: S105 (known on purpose; the command refuses to run in production)
WEEKS: Final = 4
SEED: Final = 1337
REPORTED_TOGETHER: Final = 4
"""Payments that a till reports at once."""

KEY_SECRETS: Final = {
    "full": "ck_demo_full_4b1f0c6de2a94f6c8f0e",
    "read_only": "ck_demo_read_9d0c7be15b7a4d0f9a21",
    "no_vendor": "ck_demo_novendor_1f6a0bd94c3e4c55",
    "other_account": "ck_demo_other_7c2e85f0a1b94bd3",
}
"""The secrets of the API keys. They are public, like the password, because they open only demonstration data."""


BUSY_DAYS: Final = (2, 4, 5)
"""The weekdays on which the manager of a store with several cashiers helps at a register. Patterns need three people."""


@transaction.atomic
def make_world(*, at: datetime) -> None:
    """Creates the demonstration data with its history up to the day before `at`.

    The caller must make sure that the data does not exist yet.
    """
    account = create_account(name=ACCOUNT_NAME)
    vendor = Vendor.objects.create(account=account, name="Corner Shops")
    create_person(
        account=account,
        username="admin",
        email="admin@demo.example",
        name="Anna Admin",
        role=Role.ADMIN,
        password=PASSWORD,
        is_owner=True,
    )
    for demo in STORES:
        store = create_store(
            account=account,
            vendor=vendor,
            number=demo.number,
            name=demo.name,
            currency=demo.currency,
            time_zone=demo.time_zone,
            cut_off_hour=demo.cut_off_hour,
            registers=demo.registers,
            tolerance_minor=_minor(demo, demo.basket_units // 24),
            escalation_minor=_minor(demo, demo.basket_units // 4),
            language=demo.language,
            float_template=_usual_float(demo),
        )
        manager, cashiers = _make_people(demo, store)
        if demo.number in settings.DEMO_HISTORIES:
            make_history = import_string(settings.DEMO_HISTORIES[demo.number])
            make_history(store=store, manager=manager, cashiers=cashiers, days=WEEKS * 7, seed=SEED, at=at)
        else:
            _make_history(demo, store, manager=manager, cashiers=cashiers, at=at)
        import_string(settings.DEMO_REVIEW)(store=store, manager=manager, seed=SEED, at=at)
    _make_keys(account, vendor, at=at)


def describe(*, base_url: str) -> dict[str, Any]:
    """Returns the sign-in data for test programs: stores, people, their password, and API keys (docs/contracts.md)."""
    account = Account.objects.get(name=ACCOUNT_NAME)
    stores = Store.objects.filter(account=account).order_by("number")
    people = {user.username: user for user in User.objects.filter(account=account)}
    words = {"admin": "admin", "manager": "erika", "cashier": "carla", "cashier2": "bruno"}
    return {
        "base_url": base_url,
        "stores": {
            store.number: {"id": str(store.uuid), "currency": store.currency, "time_zone": store.time_zone}
            for store in stores
        },
        "users": {
            word: {"id": people[name].pk, "username": name, "email": people[name].email, "password": PASSWORD}
            for word, name in words.items()
        },
        "api_keys": dict(KEY_SECRETS),
    }


def _usual_float(demo: DemoStore) -> dict[str, int]:
    lines = (line.split(":") for line in demo.usual_float.split())
    return {str(parse_units(face, demo.currency, field="face")): int(pieces) for face, pieces in lines}


def _make_people(demo: DemoStore, store: Store) -> tuple[User, list[User]]:
    def make(username: str, name: str, role: Role, rut: str = "") -> User:
        email = f"{username}@demo.example"
        return create_person(
            account=store.account,
            store=store,
            username=username,
            email=email,
            name=name,
            role=role,
            password=PASSWORD,
            rut=rut,
        )

    manager = make(*demo.manager, Role.MANAGER)
    return manager, [
        make(username, name, Role.CASHIER, rut="12.345.678-5" if username == "diego" else "")
        for username, name in demo.cashiers
    ]


def _make_keys(account: Account, vendor: Vendor, *, at: datetime) -> None:
    everything = tuple(Scope)
    reading = tuple(scope for scope in Scope if scope.endswith(":read"))
    other = create_account(name=OTHER_ACCOUNT_NAME)
    other_vendor = Vendor.objects.create(account=other, name="Elsewhere")
    store = create_store(
        account=other,
        vendor=other_vendor,
        number="1337",
        name="Elsewhere",
        currency="EUR",
        time_zone="Europe/Vienna",
        language=Language.GERMAN,
    )
    create_person(
        account=other,
        store=store,
        username="otto",
        email="otto@elsewhere.example",
        name="Otto Fremd",
        role=Role.MANAGER,
        password=PASSWORD,
    )
    for name, owner, brand, scopes in (
        ("full", account, vendor, everything),
        ("read_only", account, vendor, reading),
        ("no_vendor", account, None, everything),
        ("other_account", other, other_vendor, everything),
    ):
        issue_api_key(
            name=f"Demo {name}", scopes=scopes, by=SYSTEM, at=at, account=owner, vendor=brand, secret=KEY_SECRETS[name]
        )


# --- Trading -------------------------------------------------------------------------------------------------------------


def _make_history(demo: DemoStore, store: Store, *, manager: User, cashiers: list[User], at: datetime) -> None:
    """Creates some weeks of sessions, one per cashier and day. Most counts are exact; some are short, over or missing."""
    chance = random.Random(f"{SEED}{demo.number}")  # noqa: S311 (a fixed seed, so that the data is the same every time)
    helping = random.Random(f"{SEED}{demo.number} helping")  # noqa: S311 (as above; the others' data stays as it is)
    zone = ZoneInfo(demo.time_zone)
    yesterday = at.astimezone(zone).date() - timedelta(days=1)
    days = [yesterday - timedelta(days=back) for back in reversed(range(WEEKS * 7))]
    _fund_vault(demo, store, by=Principal(user=manager), at=datetime.combine(days[0], time(7), zone))
    pay_out = import_string(settings.DEMO_PAYOUTS)
    for day in days:
        pay_out(store=store, by=Principal(user=manager), morning=datetime.combine(day, time(7, 30), zone))
        for number, cashier in enumerate(cashiers):
            if day.weekday() < 6 or number == 0:
                opening = datetime.combine(day, time(8 + number, chance.randrange(30)), zone)
                _trade(demo, cashier=cashier, manager=manager, opening=opening, chance=chance)
        if len(cashiers) > 1 and day.weekday() in BUSY_DAYS:
            opening = datetime.combine(day, time(10, helping.randrange(30)), zone)
            _trade(demo, cashier=manager, manager=manager, opening=opening, chance=helping)


def _fund_vault(demo: DemoStore, store: Store, *, by: Principal, at: datetime) -> None:
    ends = places_of(store)
    entry = Entry(
        source=ends[PlaceKind.OPENING],
        destination=ends[PlaceKind.VAULT],
        amount=_minor(demo, demo.float_units * 20),
        currency=demo.currency,
        method=CASH,
        kind=MovementKind.OPENING_BALANCE,
        occurred_at=at,
    )
    ledger.record(store=store, entries=[entry], by=by, at=at)


def _trade(demo: DemoStore, *, cashier: User, manager: User, opening: datetime, chance: random.Random) -> None:
    by = Principal(user=cashier)
    float_amount = _minor(demo, demo.float_units)
    session = open_session(
        user=cashier, counted=CountedAmount(currency=demo.currency, amount=float_amount), by=by, at=opening
    )
    closing = opening + timedelta(hours=8, minutes=chance.randrange(45))
    reports = list(_sales(demo, session, opening=opening, closing=closing, chance=chance))
    cash_in = sum(_cash_of(report) for report in reports)
    drop = _minor(demo, demo.basket_units * 3) if cash_in > _minor(demo, demo.basket_units * 4) else 0
    paid_out = _minor(demo, max(1, demo.basket_units // 8)) if chance.random() < 0.2 else 0
    moves = [
        Move(
            kind=MovementKind.PAID_OUT,
            amount=paid_out,
            at=opening + timedelta(hours=3),
            reason="expense",
            note="Cleaning",
        ),
        Move(
            kind=MovementKind.DROP, amount=drop, at=opening + timedelta(hours=5), reason="drop", note="Bag to the safe"
        ),
    ]
    _record(session, reports, [move for move in moves if move.amount], by=by, closing=closing)
    if chance.random() < 0.02:
        force_close_session(session=session, by=Principal(user=manager), at=closing, reason="left without counting")
        return
    expected = float_amount + cash_in - drop - paid_out
    declared = max(0, expected + _minor(demo, demo.basket_units) * chance.choice((0, 0, 0, 0, 0, -1, -2, 1, -8)) // 20)
    close_session(session=session, counted=_counted(demo, declared), by=by, at=closing)
    if chance.random() < 0.04:
        late = PaymentReport(
            id=f"{demo.number}-{session.pk}-late", method=CASH, currency=demo.currency, status=PaymentStatus.APPROVED,
            amount=_minor(demo, demo.basket_units // 2), session=str(session.pk), channel="counter",
            paid_at=closing - timedelta(minutes=9),
        )  # fmt: skip
        record_payments(reports=[late], by=by, at=closing + timedelta(minutes=20))


@dataclass(frozen=True, kw_only=True)
class Move:
    """Money that the cashier moves by hand."""

    kind: MovementKind
    amount: int
    at: datetime
    reason: str
    note: str


def _record(
    session: CashSession, reports: list[PaymentReport], moves: list[Move], *, by: Principal, closing: datetime
) -> None:
    """Records the payments a few at a time and the moves in between, in the order of time.

    A drawer that does not hold the money yet moves it before the close.
    """
    waiting, held = list(moves), session.start_amount
    for first in range(0, len(reports), REPORTED_TOGETHER):
        some = reports[first : first + REPORTED_TOGETHER]
        now = max(report.paid_at or closing for report in some)
        while waiting and waiting[0].at < now and waiting[0].amount <= held:
            _move(session, waiting[0], by=by, at=waiting[0].at)
            held -= waiting.pop(0).amount
        record_payments(reports=some, by=by, at=now)
        held += sum(_cash_of(report) for report in some)
    for move in waiting:
        _move(session, move, by=by, at=closing)


def _move(session: CashSession, move: Move, *, by: Principal, at: datetime) -> None:
    move_cash(session=session, kind=move.kind, amount=move.amount, by=by, at=at, reason=move.reason, note=move.note)


def _sales(
    demo: DemoStore, session: CashSession, *, opening: datetime, closing: datetime, chance: random.Random
) -> Iterator[PaymentReport]:
    count = chance.randrange(12, 30)
    # If a typical sale is 1,000 units or more, the currency has no coins below one unit. So amounts are whole units.
    step = 1 if demo.basket_units < 1000 else _minor(demo, 1)
    minutes = sorted(chance.randrange(1, int((closing - opening).total_seconds() // 60)) for _ in range(count))
    for number, minute in enumerate(minutes):
        is_refund = chance.random() < 0.03
        method = chance.choice((CASH, CASH, CASH, "CARD", "CARD"))
        amount = _minor(demo, 1) * chance.randrange(demo.basket_units // 3, demo.basket_units * 2)
        amount += chance.randrange(100) if step == 1 else 0
        tendered = -(-amount // _minor(demo, 5)) * _minor(demo, 5) if method == CASH and not is_refund else None
        yield PaymentReport(
            id=f"{demo.number}-{session.pk}-{number}",
            order=f"{session.pk}{number:03}",
            method=method,
            currency=demo.currency,
            amount=amount // 3 // step * step if is_refund else amount,
            tendered=tendered,
            change=tendered - amount if tendered is not None else None,
            status=PaymentStatus.APPROVED if chance.random() > 0.01 else PaymentStatus.REJECTED,
            type=PaymentType.REFUND if is_refund else PaymentType.SALE,
            session=str(session.pk),
            paid_at=opening + timedelta(minutes=minute),
            channel=chance.choice(("counter", "counter", "self-checkout")),
        )


def _cash_of(report: PaymentReport) -> int:
    """Returns the cash that a payment brings into the drawer, in minor units. A refund is negative."""
    if report.method != CASH or report.status != PaymentStatus.APPROVED:
        return 0
    return -report.amount if report.type == PaymentType.REFUND else report.amount


def _counted(demo: DemoStore, amount: int) -> CountedAmount:
    """Returns a count in as few notes and coins as possible, or of the amount alone if they do not make it up."""
    pieces, rest = [], amount
    for denomination in denominations_of(demo.currency):
        number, rest = divmod(rest, denomination.value)
        if number:
            pieces.append(Pieces(denomination=denomination.value, pieces=number))
    return CountedAmount(currency=demo.currency, amount=amount, pieces=tuple(pieces) if not rest else ())


def _minor(demo: DemoStore, units: int) -> int:
    return units * int(10 ** exponent_of(demo.currency))
