"""The Django side of the storms, run as a program of its own. It reads one question a line and prints one answer a line:

["URL", "shops", "COUNT"]     makes stores with people, and answers with their tokens
["URL", "books", "NUMBER"]    answers with every row of a store that a storm may have written

URL names the temporary database. The program keeps no connection between questions, so that others can copy the database.
"""

import json
import sys
from datetime import timedelta
from typing import Any

import django
import simplejson

# Models can be imported only once the applications are set up.
django.setup()

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from cashdesk.domain.caller.principal import SYSTEM  # noqa: E402
from cashdesk.domain.ledger.seal import faults_of  # noqa: E402
from cashdesk.domain.people.access_token import issue_token  # noqa: E402
from cashdesk.domain.people.api_key import issue_api_key  # noqa: E402
from cashdesk.domain.people.person import create_person  # noqa: E402
from cashdesk.domain.store.organisation import create_account, create_store  # noqa: E402
from cashdesk.enums import Role, Scope, VarianceKind  # noqa: E402
from cashdesk.models import (  # noqa: E402
    AuditEntry,
    CashSession,
    Count,
    Movement,
    Payment,
    Place,
    Seal,
    Store,
    User,
    Variance,
)
from cashdesk.screens.signing_in import BACKEND  # noqa: E402
from cashdesk.web.browser_sessions import SessionStore  # noqa: E402
from settlements.models import ClosingAmount, InitialAmount, Settlement, SettlementCount  # noqa: E402
from tests.storms.house import name_in  # noqa: E402

REGISTERS = 8
CASHIERS = 8
DEVICES = 2
LIFETIME = timedelta(hours=12)


@transaction.atomic
def shops(count: str) -> list[dict[str, Any]]:
    """Creates this many stores, each in its own account."""
    return [_shop(f"S{number}") for number in range(1, int(count) + 1)]


def _shop(number: str) -> dict[str, Any]:
    account = create_account(name=f"Storm {number}")
    store = create_store(
        account=account,
        number=number,
        name=f"Shop {number}",
        currency="EUR",
        time_zone="Europe/Berlin",
        registers=REGISTERS,
    )
    manager = _person(store, f"{number.lower()}-erika", Role.MANAGER)
    cashiers = [_person(store, f"{number.lower()}-cashier-{name}", Role.CASHIER) for name in range(1, CASHIERS + 1)]
    _key, secret = issue_api_key(
        name="tills", scopes=(Scope.PAYMENTS_WRITE,), by=SYSTEM, at=timezone.now(), account=account, store=store
    )
    return {
        "number": number,
        "manager": _token(manager),
        "manager_cookie": _cookie(manager),
        "key": secret,
        "cashiers": [
            {"user_id": user.pk, "devices": [_token(user) for _ in range(DEVICES)], "cookie": _cookie(user)}
            for user in cashiers
        ],
    }


def _person(store: Store, username: str, role: Role) -> User:
    return create_person(
        account=store.account, store=store, username=username, email=f"{username}@example.com", name=username, role=role
    )


def _token(user: User) -> str:
    _made, secret = issue_token(user=user, at=timezone.now(), lifetime=LIFETIME)
    return secret


def _cookie(user: User) -> str:
    """Signs a person in without the cost of a password, and returns the cookie of their browser."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = BACKEND
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return str(session.session_key)


def books(number: str) -> dict[str, Any]:
    """Returns the rows of a store, oldest first, and the faults that the product's check of seals finds."""
    store = Store.objects.get(number=number)
    places = Place.objects.filter(store=store).order_by("pk")
    rows = {
        "places": places.values("id", "kind", "number"),
        "sessions": CashSession.objects.filter(store=store).values(
            "id", "register_id", "user_id", "status", "start_amount", "opening_difference", "expected_amount",
            "declared_amount", "difference", "seal_id", "is_handed_over", "closed_by_id",
        ),
        "seals": Seal.objects.filter(place__store=store).values(
            "id", "place_id", "number", "after_movement", "last_movement", "movement_count", "balances"
        ),
        "movements": Movement.objects.filter(store=store).values(
            "id", "source_id", "destination_id", "amount", "currency", "method", "kind", "session_id", "payment_id",
            "reverses_id", "is_late", "reason",
        ),
        "payments": Payment.objects.filter(store=store).values(
            "id", "external_id", "status", "type", "method", "amount", "tendered", "change", "booked", "session_id"
        ),
        "settlements": Settlement.objects.filter(store=store).values(
            "id", "uuid", "place_id", "type", "state", "closing", "opened_after", "opened_after_z", "preview_count",
            "seal__number", "seal__last_movement",
        ),
        "initial_amounts": InitialAmount.objects.filter(settlement__store=store).values(
            "settlement_id", "currency", "method", "amount"
        ),
        "closing_amounts": ClosingAmount.objects.filter(settlement__store=store).values(
            "settlement_id", "currency", "method", "target", "actual", "difference"
        ),
        "settlement_counts": SettlementCount.objects.filter(settlement__store=store).values(
            "settlement_id", "attempt", "count__moment"
        ),
        "counts": Count.objects.filter(place__store=store).values(
            "id", "place_id", "session_id", "moment", "amounts__amount", "counted_by_id"
        ),
        "gaps": Variance.objects.filter(store=store, kind=VarianceKind.OPENING).values(
            "id", "session_id", "person_id", "difference"
        ),
        "counted_in": AuditEntry.objects.filter(store=store, action="session.counted_in").values(
            "id", "subject", "detail"
        ),
    }  # fmt: skip
    made: dict[str, Any] = {name: list(queryset.order_by("pk")) for name, queryset in rows.items()}
    made["seal_faults"] = [fault for place in places for fault in faults_of(place)]
    return made


def answer(url: str, question: str, argument: str) -> Any:
    """Answers one question about another database of the server in DATABASE_URL, or about another file of SQLite."""
    connection.settings_dict["NAME"] = name_in(url)
    try:
        return {"shops": shops, "books": books}[question](argument)
    finally:
        connection.close()
        if connection.vendor == "postgresql":
            connection.close_pool()  # type: ignore[attr-defined]


if __name__ == "__main__":
    for line in sys.stdin:
        print(simplejson.dumps(answer(*json.loads(line)), default=str), flush=True)
