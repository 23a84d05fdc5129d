"""The columns of the table in `movement_rules.py`, which has one row for each kind of movement."""

from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from cashdesk.enums import PlaceKind, Role


class Origin(StrEnum):
    """The cause of a movement. A kind can have several origins."""

    PAYMENT = "PAYMENT"
    """A payment that the point of sale reported."""
    HAND = "HAND"
    """A request of a person or program for this movement."""
    OPENING = "OPENING"
    """The opening of a drawer."""
    CLOSE = "CLOSE"
    """The count that closes a period, or a count after a forced close."""
    FIRST_COUNT = "FIRST_COUNT"
    """The first count of a vault, which finds money that nobody has booked before."""
    BANK = "BANK"
    """The bank's credit for a deposit."""
    PAYOUT = "PAYOUT"
    """The payout of an acquirer, as a manager records it."""


class Reversal(StrEnum):
    """The people who may reverse a movement on request."""

    OWN = "OWN"
    """The person who recorded it may reverse it until the next count. A manager may always."""
    MANAGER = "MANAGER"
    NOBODY = "NOBODY"
    """The movement belongs to an opening or close, and the next count corrects it. Only the cancellation of an opening
    reverses the movements of that opening.
    """


class DayPart(StrEnum):
    """The part of the expected cash of a store-day (one business day of a store) that includes a movement."""

    OPENING_FLOAT = "opening_float"
    SALES = "sales"
    REFUNDS = "refunds"
    PAID_IN = "paid_in"
    PAID_OUT = "paid_out"
    DROPS = "drops"


@dataclass(frozen=True, slots=True, kw_only=True)
class DayEffect:
    """The effect of a movement on the expected cash of its store-day. `sign` is the effect on the drawers: +1 or -1.

    `stays_in_store` means that the cash leaves the drawer but not the store. Such a movement changes the expected cash of
    an operator, but not the expected cash of the whole store.
    """

    part: DayPart
    sign: int
    stays_in_store: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FormWords:
    """The words of a form. `booked` introduces the amount on the next page; `%(number)s` in it is the register's number."""

    title: str
    hint: str
    button: str
    booked: str
    note: str = noop("Note")

    def booked_at(self, number: int) -> str:
        """Returns `booked` in the language of the page."""
        return _(self.booked) % {"number": number}


@dataclass(frozen=True, slots=True, kw_only=True)
class LookWords:
    """The label before an amount on the second look, such as "Paid into the safe".

    `register` is for a known register; `%(station)s` is its number. `any_register` is for a register that is not chosen
    yet. `vault` is for the vault. A field is empty if this kind has no form there.
    """

    register: str = ""
    any_register: str = ""
    vault: str = ""

    def told(self, *, station: int | None, is_vault: bool) -> str:
        """Returns the label for one place, in the language of the page."""
        words = self.vault if is_vault else self.register if station else self.any_register
        return _(words) % {"station": station} if words else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class KindRule:
    """All properties of one kind. No property has a default, so the import fails if a new kind lacks one.

    The expected amount of a place includes every kind, so no property says whether a kind counts. `day` concerns only
    the expected cash of a store-day.
    """

    ends: frozenset[tuple[str, str]]
    """The allowed (source, destination). In a late movement, over/short replaces the place of the closed period. A
    reversal swaps source and destination (docs/structure.md, laws 1 and 4)."""
    far_end: PlaceKind
    """The place on the other side of the movement, seen from the register or vault where it is recorded."""
    cash_only: bool
    """Whether only cash may move this way. Nobody drops a card payment into a safe."""
    origins: frozenset[Origin]
    least_role: Role | None
    """The lowest role that may record it by hand at a register, or None if nobody may. The vault always needs a manager."""
    reversal: Reversal
    day: DayEffect | None
    """The effect on a store-day's expected cash, or None."""
    moves_float: int
    """The effect on the cash that the vault gave to the drawers: +1 adds, -1 takes back, 0 does neither."""
    has_usual_amount: bool
    """Whether an amount is compared with earlier movements of this kind, to find one that is unusually large."""
    shows_reason: bool
    """Whether the form at a register asks for a reason and the desk shows the reason."""
    at_desk: str
    """The kind's name in the cashier's list of own movements, or "" if the list never shows it."""
    at_vault: str
    """The kind's name in the list of the vault's movements, or "" if it never moves money into or out of the vault."""
    register_form: FormWords | None
    """The words of the form at the cashier's own drawer, or None if there is no form."""
    vault_form: FormWords | None
    """The words of the vault's shared form, or None if the kind has no form or a separate page."""
    look: LookWords | None
    """The words for an unusual amount, or None if no form asks for the amount."""

    @property
    def near_ends(self) -> frozenset[str]:
        """The places at which people record this kind: the vault, a register, or both."""
        return frozenset(end for route in self.ends for end in route if end != self.far_end)

    @property
    def comes_in(self) -> bool:
        """Whether this kind brings money from `far_end` to the place where people record the movement."""
        return any(source == self.far_end for source, _to in self.ends)

    @property
    def is_of_vault(self) -> bool:
        """Whether this kind is recorded at the vault only, never at a register."""
        return self.near_ends == {PlaceKind.VAULT}

    @property
    def is_of_register(self) -> bool:
        """Whether this kind is recorded at a register only, never at the vault."""
        return self.near_ends == {PlaceKind.REGISTER}

    @property
    def never_cash(self) -> bool:
        """Whether cash never moves this way: clearing has only money that somebody still owes the store."""
        return all(PlaceKind.CLEARING in route for route in self.ends)

    @property
    def is_by_hand(self) -> bool:
        """Whether people and programs can record this kind on request."""
        return Origin.HAND in self.origins
