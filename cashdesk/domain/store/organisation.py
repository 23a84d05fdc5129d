"""Creates accounts and stores."""

from collections.abc import Mapping

from django.db import transaction

from cashdesk.enums import CASH, QRIS, QRIS_STATIC, Language, PlaceKind
from cashdesk.models import Account, PaymentMethod, Place, Store, Vendor

PLACES_OF_A_STORE = (
    PlaceKind.VAULT,  # first: locks are taken in the order of ids, and most transactions lock the vault
    PlaceKind.CUSTOMERS,
    PlaceKind.OUTSIDE,
    PlaceKind.BANK,
    PlaceKind.CLEARING,
    PlaceKind.OVER_SHORT,
    PlaceKind.OPENING,
)

METHODS_OF_AN_ACCOUNT = (
    (CASH, "Cash", True),
    ("CARD", "Card", False),
    (QRIS, "QRIS", False),
    (QRIS_STATIC, "QRIS (static code)", False),
    ("TRANSFER", "Bank transfer", False),
)


@transaction.atomic
def create_account(*, name: str) -> Account:
    """Creates an account with the usual payment methods."""
    account = Account.objects.create(name=name)
    for code, method_name, is_cash in METHODS_OF_AN_ACCOUNT:
        PaymentMethod.objects.create(account=account, code=code, name=method_name, is_cash=is_cash, is_counted=is_cash)
    return account


@transaction.atomic
def create_store(
    *,
    account: Account,
    number: str,
    name: str,
    currency: str,
    time_zone: str,
    cut_off_hour: int = 0,
    registers: int = 1,
    vendor: Vendor | None = None,
    tolerance_minor: int = 0,
    escalation_minor: int | None = None,
    language: Language = Language.ENGLISH,
    float_template: Mapping[str, int] | None = None,
    float_minor: int = 0,
) -> Store:
    """Creates a store with its places: the vault, the registers and the places outside the store.

    `registers` is the number of registers. `tolerance_minor` and `escalation_minor` (None: no second limit) are in
    minor units. `float_template` is the usual float: numbers of pieces by the value of a note or coin in minor units.
    `float_minor` is the usual float as one amount, if its pieces are not given. Raises ValidationError for invalid values,
    such as an unknown currency or time zone.
    """
    store = Store(
        account=account,
        vendor=vendor,
        number=number,
        name=name,
        currency=currency,
        time_zone=time_zone,
        cut_off_hour=cut_off_hour,
        tolerance_minor=tolerance_minor,
        escalation_minor=escalation_minor,
        language=language,
        float_template=dict(float_template or {}),
        float_minor=float_minor,
    )
    store.full_clean()
    store.save()
    create_places(store=store, registers=registers)
    return store


def create_places(*, store: Store, registers: int = 1) -> None:
    """Creates the places of a store, the vault first."""
    for kind in PLACES_OF_A_STORE:
        Place.objects.create(store=store, kind=kind)
    for station in range(1, registers + 1):
        Place.objects.create(store=store, kind=PlaceKind.REGISTER, number=station)
