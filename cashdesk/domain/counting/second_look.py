"""Finds typed amounts that need a second look: they are unusually large, so the person must confirm them.

The check uses the amount, the store's settings and the usual number of digits, never a balance. So a cashier who tries
amounts learns nothing about the expected amount (law 5, docs/decisions/0020). Only pages check this, because an API
cannot ask the person.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from statistics import median_low
from types import MappingProxyType
from typing import Final

from django.utils.translation import gettext as _

from cashdesk.enums import MovementKind, PlaceKind
from cashdesk.errors import OutOfLine
from cashdesk.models import Movement, Place, Store
from cashdesk.money import exponent_of
from cashdesk.movement_rules import RULES

FLOATS_MAX: Final = 3
"""A float needs a second look if it is more than this many times the usual float."""

DIGITS_MORE: Final = 2
"""An amount needs a second look if it has at least this many digits more than usual.

This catches a lost decimal point, a key that was pressed too often, and a doubled "00".
"""

LATEST: Final = 20
LATEST_MIN: Final = 5
"""The usual number of digits comes from the latest `LATEST` amounts. It is unknown if there are fewer than `LATEST_MIN`."""

REGISTER_UNITS: Final = 2_000
VAULT_UNITS: Final = 20_000
"""The default limits for a store without its own limits, to be multiplied by the size of the currency (`_SIZES`).

The limit at a register is 2,000.00 EUR (size 1) or 2,000,000 CLP (size 1,000).
"""

UNKNOWN: Final = 10**9
"""Stands for an unknown number of digits. No amount has so many digits, so no amount needs a second look."""

_SIZES: Final = {
    1: "AED AUD AZN BGN BHD BRL CAD CHF EUR FJD GBP GEL ILS JOD KWD MYR NZD OMR PEN PLN QAR RON SAR SGD TND USD",
    10: "BOB CNY CZK DKK EGP GHS GTQ HKD HNL MAD MDL MXN NAD NIO NOK SEK THB TRY TTD TWD UAH UYU ZAR ZMW",
    100: "AFN ALL BDT DOP DZD ETB HTG INR ISK JMD JPY KES KGS MKD MUR MZN NPR PHP PKR RSD RUB VES",
    1_000: "AMD AOA ARS CLP COP CRC HUF KRW KZT LKR NGN RWF TZS XAF XOF XPF YER",
    10_000: "IDR KHR MMK MNT PYG UGX UZS VND",
    100_000: "IRR LAK LBP",
}
_SIZE_OF: Final = MappingProxyType({code: size for size, codes in _SIZES.items() for code in codes.split()})
"""The size of each currency: the approximate value of a small note, as a power of ten."""


class Why(StrEnum):
    """The reasons why an amount needs a second look."""

    FLOAT = "FLOAT"
    LIMIT = "LIMIT"
    DIGITS = "DIGITS"


@dataclass(frozen=True, kw_only=True)
class Doubt:
    """An amount (minor units) that needs a second look, and the reason.

    `than` is the usual float or the limit, in minor units. It is 0 for `DIGITS`.
    """

    amount: int
    currency: str
    why: Why
    than: int = 0

    @property
    def token(self) -> str:
        """The text that the form sends when the person confirms this amount."""
        return f"{self.amount} {self.currency}"


def second_look_limit(*, store: Store, is_vault: bool, currency: str = "") -> int | None:
    """Returns the limit in minor units above which an amount needs a second look, or None for no limit.

    The store's own limit applies to the store's currency. Otherwise the limit is REGISTER_UNITS or VAULT_UNITS
    times the size of the currency (`_SIZES`). A currency without a size has no limit.
    """
    currency = currency or store.currency
    own = store.vault_look_minor if is_vault else store.register_look_minor
    if own is not None and currency == store.currency:
        return own
    size = currency_size(currency)
    if size is None:
        return None
    return int(10 ** exponent_of(currency) * size * (VAULT_UNITS if is_vault else REGISTER_UNITS))


def currency_size(currency: str) -> int | None:
    """Returns the size of a currency: the approximate value of a small note, as a power of ten. None if it is unknown."""
    return _SIZE_OF.get(currency)


def doubt_about(*, store: Store, kind: MovementKind, amount: int, currency: str, is_vault: bool) -> Doubt | None:
    """Returns a `Doubt` if a typed amount (minor units) needs a second look, else None. Runs at most one query.

    `kind` is the kind of movement that the form records: FLOAT at the opening of a drawer, OPENING_BALANCE at the
    opening of the vault.
    """
    usual_float = store.usual_float_minor if kind == MovementKind.FLOAT and currency == store.currency else 0
    if usual_float:
        above = amount > FLOATS_MAX * usual_float
        return Doubt(amount=amount, currency=currency, why=Why.FLOAT, than=usual_float) if above else None
    limit = second_look_limit(store=store, is_vault=is_vault, currency=currency)
    if limit is not None and amount > limit:
        return Doubt(amount=amount, currency=currency, why=Why.LIMIT, than=limit)
    # The usual number of digits is at least 1, so a shorter amount needs no query.
    if amount < 10**DIGITS_MORE:
        return None
    usual = _usual_digits(store=store, kind=kind, currency=currency, is_vault=is_vault)
    return Doubt(amount=amount, currency=currency, why=Why.DIGITS) if _digits(amount) >= usual + DIGITS_MORE else None


def refuse_out_of_line(
    *,
    store: Store,
    kind: MovementKind,
    amounts: Iterable[tuple[int, str]],
    is_vault: bool = False,
    looked_at: Iterable[str] = (),
) -> None:
    """Raises OutOfLine if an amount needs a second look and was not confirmed.

    Each of `amounts` is (minor units, currency). `looked_at` has the tokens of the confirmed amounts. Only forms call
    this function, inside `web.idempotency.act_once`. So a form that is sent twice gets its first answer again, not a
    new question.
    """
    found = [
        doubt_about(store=store, kind=kind, amount=amount, currency=currency, is_vault=is_vault)
        for amount, currency in amounts
    ]
    doubts = [doubt for doubt in found if doubt is not None]
    if not {doubt.token for doubt in doubts} <= set(looked_at):
        raise OutOfLine(_("Check the amount. It is larger than usual."), facts={"doubts": doubts})


def _usual_digits(*, store: Store, kind: MovementKind, currency: str, is_vault: bool) -> int:
    """Returns the usual number of digits of the store's amounts of this kind, or UNKNOWN if there are too few amounts."""
    rule = RULES[kind]
    if not rule.has_usual_amount:
        return UNKNOWN
    # The filter names the places at the far end, because these have fewer movements than the registers. So the index finds
    # the latest movements fast.
    far, here = ("source", "destination") if rule.comes_in else ("destination", "source")
    ends = {
        f"{far}__in": Place.objects.filter(store=store, kind=rule.far_end).values("pk"),
        f"{here}__kind": PlaceKind.VAULT if is_vault else PlaceKind.REGISTER,
    }
    latest = Movement.objects.filter(**ends, kind=kind, currency=currency, reverses__isnull=True).order_by("-pk")
    amounts = list(latest.values_list("amount", flat=True)[:LATEST])
    return _digits(median_low(amounts)) if len(amounts) >= LATEST_MIN else UNKNOWN


def _digits(amount: int) -> int:
    return len(str(amount))
