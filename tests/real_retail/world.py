"""The account, stores and cashiers of a run, and afterwards what their places hold. Run as a program of its own:

    python -m tests.real_retail.world people RUN STORE...    makes what is missing, prints a user id and token per store
    python -m tests.real_retail.world books RUN STORE...     prints the balance of every place of each store

So the process that plays and compares has no Django in it, and cannot reach the ledger but through the published API.
"""

import sys
from datetime import timedelta
from typing import TypedDict

import django
import simplejson

# Models can be imported only once the applications are set up.
django.setup()

from django.db import transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from cashdesk.domain.ledger.expected import balances_of_places  # noqa: E402
from cashdesk.domain.people.access_token import issue_token  # noqa: E402
from cashdesk.domain.people.person import create_person  # noqa: E402
from cashdesk.domain.store.organisation import create_account, create_store  # noqa: E402
from cashdesk.enums import Role  # noqa: E402
from cashdesk.models import Account, Place, Store, User  # noqa: E402
from tests.real_retail.source import TIME_ZONE  # noqa: E402

TOKEN_LIFETIME = timedelta(days=2)


class Cashier(TypedDict):
    """The cashier of a store's only register, with the sign-in for the player."""

    user_id: int
    token: str


class Balance(TypedDict):
    """The balance of a place for one method, in minor units."""

    place: str
    method: str
    minor_units: int


@transaction.atomic
def people(run: str, numbers: list[str]) -> dict[str, Cashier]:
    """Returns one cashier per store. The first call of a run creates them, and each call issues a new token."""
    account = _account(run) or create_account(name=_account_name(run))
    cashiers: dict[str, Cashier] = {}
    for number in numbers:
        store = Store.objects.filter(account=account, number=number).first() or create_store(
            account=account,
            number=number,
            name=f"Store {number}",
            currency="USD",
            time_zone=TIME_ZONE,
            cut_off_hour=0,
            registers=1,
        )
        username = f"cashier-{number}-{run}"
        user = User.objects.filter(username=username).first() or create_person(
            account=account,
            store=store,
            username=username,
            email=f"{username}@example.com",
            name=f"Cashier of {number}",
            role=Role.CASHIER,
        )
        _, secret = issue_token(user=user, at=timezone.now(), lifetime=TOKEN_LIFETIME)
        cashiers[number] = {"user_id": user.pk, "token": secret}
    return cashiers


def books(run: str, numbers: list[str]) -> dict[str, list[Balance]]:
    """Returns the balances of all places of each store."""
    stores = Store.objects.filter(account=_account(run), number__in=numbers)
    return {store.number: _balances(store) for store in stores}


def _balances(store: Store) -> list[Balance]:
    kinds = dict(Place.objects.filter(store=store).values_list("pk", "kind"))
    return [
        {"place": kinds[place], "method": method, "minor_units": minor_units}
        for place, by_method in balances_of_places(store=store).items()
        for (_currency, method), minor_units in by_method.items()
    ]


def _account(run: str) -> Account | None:
    return Account.objects.filter(name=_account_name(run)).first()


def _account_name(run: str) -> str:
    return f"The Complete Journey {run}"


if __name__ == "__main__":
    _program, question, run_name, *store_numbers = sys.argv
    print(simplejson.dumps({"people": people, "books": books}[question](run_name, store_numbers)))
