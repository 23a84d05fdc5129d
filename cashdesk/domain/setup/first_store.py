"""Sets up an empty installation: the account, its first store, the owner and the first cashier, in one transaction."""

from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from cashdesk.domain.caller import audit
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.ledger import ledger
from cashdesk.domain.ledger.entry import Entry
from cashdesk.domain.people.person import create_person
from cashdesk.domain.setup.setup_link import lock_setup, works
from cashdesk.domain.store.organisation import create_account, create_store
from cashdesk.domain.store.place import places_of
from cashdesk.enums import CASH, Language, MovementKind, PlaceKind, Role
from cashdesk.errors import Forbidden, InvalidInput
from cashdesk.models import SetupLink, Store, User


class SetupLinkEnded(Forbidden):
    """The setup link is wrong, or it has expired."""


@dataclass(frozen=True, kw_only=True)
class NewPerson:
    """A person to create. `password_hash` is made by Django's hasher. `language` is "" for the language of the store."""

    name: str
    username: str
    password_hash: str
    email: str = ""
    language: str = ""


@dataclass(frozen=True, kw_only=True)
class NewStore:
    """The first store and its account. Amounts are in minor units.

    `safe_minor` is the cash in the safe besides the floats of the registers.
    """

    company: str
    name: str
    number: str
    currency: str
    time_zone: str
    language: Language
    cut_off_hour: int
    registers: int
    float_minor: int
    tolerance_minor: int
    safe_minor: int

    @property
    def opening_minor(self) -> int:
        """All cash of the store: a float for each register, and what else is in the safe."""
        return self.float_minor * self.registers + self.safe_minor


@transaction.atomic
def set_up_first_store(
    *, store: NewStore, owner: NewPerson, cashier: NewPerson | None, link_digest: str, at: datetime
) -> User:
    """Creates the account, the store, its people and the opening balance of the safe, and returns the owner.

    The owner is an admin who works in the store, so they can open drawers there. Floats come out of the safe, so its
    opening balance includes them. All setup links stop working.

    Of two requests at once one gets AlreadySetUp. Raises SetupLinkEnded for a link that does not work. Raises InvalidInput
    with `owner_sign_in` or `cashier_sign_in` if somebody else signs in with that name.
    """
    lock_setup()
    if not works(link_digest, at=at):
        raise SetupLinkEnded(_("The link has expired. Nothing was saved."))
    account = create_account(name=store.company)
    made = create_store(
        account=account,
        number=store.number,
        name=store.name,
        currency=store.currency,
        time_zone=store.time_zone,
        cut_off_hour=store.cut_off_hour,
        registers=store.registers,
        tolerance_minor=store.tolerance_minor,
        language=store.language,
        float_minor=store.float_minor,
    )
    admin = _create(owner, Role.ADMIN, made, field="owner_sign_in", is_owner=True)
    if cashier is not None:
        _create(cashier, Role.CASHIER, made, field="cashier_sign_in")
    by = Principal(user=admin)
    _record_opening_balance(made, store.opening_minor, by=by, at=at)
    SetupLink.objects.all().delete()
    detail = {"registers": store.registers, "people": 1 if cashier is None else 2}
    audit.note(action="store.set_up", subject=f"store:{made.pk}", by=by, at=at, store=made, detail=detail)
    return admin


def _create(person: NewPerson, role: Role, store: Store, *, field: str, is_owner: bool = False) -> User:
    try:
        made = create_person(
            account=store.account,
            store=store,
            username=person.username,
            email=person.email,
            name=person.name,
            role=role,
            is_owner=is_owner,
        )
    except ValidationError as error:
        if error.message_dict.keys() - {"username", "email"}:
            raise
        raise InvalidInput.of(field, _("Somebody else already signs in with this name. Enter another one.")) from error
    made.password, made.language = person.password_hash, person.language
    made.save(update_fields=["password", "language"])
    return made


def _record_opening_balance(store: Store, amount: int, *, by: Principal, at: datetime) -> None:
    if amount == 0:
        return
    places = places_of(store)
    entry = Entry(
        source=places[PlaceKind.OPENING],
        destination=places[PlaceKind.VAULT],
        amount=amount,
        currency=store.currency,
        method=CASH,
        kind=MovementKind.OPENING_BALANCE,
        occurred_at=at,
    )
    # Nobody else can see the new places yet, so they need no locks.
    ledger.record(store=store, entries=[entry], by=by, at=at)
