"""Builds a chain of stores with months of trade, for measuring the pages of supervisors. PostgreSQL only.

Each table is filled with INSERT ... SELECT (`bench.chain_rows`). The rows satisfy every constraint and trigger, and the
figures of a session add up to its movements. The digests of seals and reports are invented and do not verify.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db import connection, transaction
from django.utils import timezone

from bench import chain_rows
from bench.history import tidy_tables
from cashdesk.domain.store.organisation import PLACES_OF_A_STORE, create_account
from cashdesk.enums import PlaceKind, Role
from cashdesk.models import Account, BusinessDay, Place, Store, User
from reconciliations.domain.store_day_contents import contents_of
from reconciliations.models import PatternSetting

REGISTERS: Final = 2
SLOTS: Final = 20
"""The ids of movements that a session of the chain reserves. Not every session uses all of them."""

DAYS_MIN: Final = 9
STORES_MIN: Final = 4

SEQUENCES: Final = (
    "cashdesk_seal", "cashdesk_cashsession", "cashdesk_payment", "cashdesk_movement", "cashdesk_count",
    "cashdesk_countamount", "cashdesk_variance", "cashdesk_auditentry", "cashdesk_businessday",
)  # fmt: skip
"""The tables whose rows get their ids here, so that rows of a later time have larger ids."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """A chain with its owner, who sees all stores, and the manager of its first store."""

    account: Account
    owner: User
    manager: User


def build_chain(*, stores: int, days: int) -> Chain:
    """Builds a chain with one session for each store and day until yesterday, and open drawers in half of the stores."""
    with transaction.atomic():
        chain = _make_chain(stores=stores)
        _fill(chain.account, stores=stores, days=days)
        _write_reports(chain.account)
    return chain


def build_large_chain(*, stores: int, days: int) -> Chain:
    """Builds a chain several times as fast: without triggers, and makes indexes at the end. Needs a superuser."""
    with transaction.atomic(), connection.cursor() as cursor:
        chain = _make_chain(stores=stores)
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("SET LOCAL maintenance_work_mem = '256MB'")
        cursor.execute(chain_rows.PLAIN_INDEXES)
        indexes = cursor.fetchall()
        for name, _made_by in indexes:
            cursor.execute(f"DROP INDEX {name}")
        _fill(chain.account, stores=stores, days=days)
        for _name, made_by in indexes:
            cursor.execute(made_by)
        cursor.execute("ANALYZE")
        _write_reports(chain.account)
    tidy_tables()
    return chain


def _make_chain(*, stores: int) -> Chain:
    if stores < STORES_MIN:
        raise ValueError(f"a chain has at least {STORES_MIN} stores")
    account = create_account(name="Chain")
    PatternSetting.objects.create(account=account, shows_people=True, agreed="The works council, in a made-up world")
    owner, manager = _make_people(account, _make_stores(account, stores))
    return Chain(account=account, owner=owner, manager=manager)


def chain_that_is_there() -> Chain | None:
    """Returns the chain that `build_chain` made in this database before, or None."""
    account = Account.objects.filter(name="Chain").first()
    if account is None:
        return None
    people = User.objects.filter(account=account)
    return Chain(
        account=account, owner=people.get(is_owner=True), manager=people.filter(role=Role.MANAGER).earliest("pk")
    )


def _make_stores(account: Account, count: int) -> list[Store]:
    begun = timezone.now() - timedelta(days=500)
    rows = [
        Store(
            account=account, number=f"{number:04}", name=f"Branch {number}", currency="EUR", time_zone="UTC",
            tolerance_minor=chain_rows.TOLERANCE, escalation_minor=4000, pull_minor=60_000, created_at=begun,
        )
        for number in range(1, count + 1)
    ]  # fmt: skip
    stores = Store.objects.bulk_create(rows)
    places = []
    for store in stores:
        places += [Place(store=store, kind=kind) for kind in PLACES_OF_A_STORE]
        places += [Place(store=store, kind=PlaceKind.REGISTER, number=number + 1) for number in range(REGISTERS)]
    Place.objects.bulk_create(places)
    return stores


def _make_people(account: Account, stores: list[Store]) -> tuple[User, User]:
    owner = User(
        account=account, username="chain-owner", email="owner@chain.example", name="Olga Owner", role=Role.ADMIN,
        is_owner=True,
    )  # fmt: skip
    people = [owner]
    for store in stores:
        for role, names in ((Role.MANAGER, ("Mara",)), (Role.CASHIER, ("Carla", "Bruno"))):
            people += [
                User(
                    account=account, store=store, username=f"{name.lower()}-{store.number}",
                    email=f"{name.lower()}.{store.number}@chain.example", name=f"{name} {store.number}", role=role,
                )
                for name in names
            ]  # fmt: skip
    for person in people:
        person.set_unusable_password()
    User.objects.bulk_create(people)
    return owner, people[1]


def _fill(account: Account, *, stores: int, days: int) -> None:
    if days < DAYS_MIN:
        raise ValueError(f"a chain trades for at least {DAYS_MIN} days")
    values = {
        "account": account.pk,
        "stores": stores,
        "days": days,
        "past": stores * days,
        "slots": SLOTS,
        "today": timezone.now().date().isoformat(),
        "now": timezone.now().isoformat(),
        **chain_rows.AMOUNTS,
    }
    with connection.cursor() as cursor:
        for table in SEQUENCES:
            cursor.execute(f"SELECT COALESCE(MAX(id), 0) + 1 FROM {table}")
            values[table.removeprefix("cashdesk_")] = cursor.fetchone()[0]
        for statement in chain_rows.STATEMENTS:
            cursor.execute(statement.format(**values))
        for table in SEQUENCES:
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT MAX(id) FROM {table}))")
        for night in range(1, days + 1):
            cursor.execute(chain_rows.SETTLEMENTS.format(z=night))
        cursor.execute(chain_rows.RUNNING_SETTLEMENTS.format(nights=days))


def _write_reports(account: Account) -> None:
    """Writes the report of each closed day. All have the figures of one day, which the domain reads from the books."""
    day = BusinessDay.objects.filter(store__account=account).select_related("store").earliest("pk")
    contents = contents_of(store=day.store, on=day.date, last_movement=day.last_movement)
    with connection.cursor() as cursor:
        cursor.execute(chain_rows.REPORTS, {"contents": chain_rows.as_json(contents)})
        cursor.execute("DROP TABLE chain_session, chain_store, chain_night")
