"""The questions that every kind of movement answers. `movement_kinds.py` has the answers, one row for each kind."""

from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from cashdesk.enums import PlaceKind, Role


class Origin(StrEnum):
    """The cause that records a movement. A kind can have several origins."""

    PAYMENT = "PAYMENT"
    """A payment that the point of sale reported."""
    HAND = "HAND"
    """A person or a program that asks for this movement."""
    OPENING = "OPENING"
    """The opening of a drawer."""
    CLOSE = "CLOSE"
    """The count that closes a period, or a count after a forced close."""
    FIRST_COUNT = "FIRST_COUNT"
    """The first count of a vault: it finds what nobody has booked yet."""
    BANK = "BANK"
    """The bank's credit for a deposit."""


class Reversal(StrEnum):
    """The people who may reverse a movement on request."""

    OWN = "OWN"
    """The person who recorded it, until it is counted; a manager always."""
    MANAGER = "MANAGER"
    NOBODY = "NOBODY"
    """It belongs to a transition, and the next count corrects it. Cancelling an opening reverses what that booked."""


class DayPart(StrEnum):
    """The part of a store-day's expected cash in which a movement is counted."""

    OPENING_FLOAT = "opening_float"
    SALES = "sales"
    REFUNDS = "refunds"
    PAID_IN = "paid_in"
    PAID_OUT = "paid_out"
    DROPS = "drops"


@dataclass(frozen=True, slots=True, kw_only=True)
class DayEffect:
    """The effect of a movement on the expected cash of its store-day. `sign` is the effect on the drawers: +1 or -1.

    `stays_in_store`: the cash leaves the drawer and stays in the store. It counts for an operator, not for the store.
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
    """The words before an amount that must be confirmed before it is booked; `%(station)s` is the register's number.

    `any_register` is for a register that is not chosen yet. "" means that no form asks for such a place.
    """

    register: str = ""
    any_register: str = ""
    vault: str = ""

    def told(self, *, station: int | None, is_vault: bool) -> str:
        """Returns the words for one place, in the language of the page."""
        words = self.vault if is_vault else self.register if station else self.any_register
        return _(words) % {"station": station} if words else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class KindRule:
    """All answers about one kind. There are no defaults: a new kind is complete, or the module does not load.

    The expected amount of a place counts every kind, so no answer says so. `day` is about a store-day's expected cash.
    """

    ends: frozenset[tuple[str, str]]
    """The (source, destination) that it may go between. A late movement has over/short in the place of the closed
    period's place, and a reversal goes the other way round (docs/structure.md, laws 1 and 4)."""
    far_end: PlaceKind
    """The other end, seen from the register or the vault at which it is made."""
    cash_only: bool
    """Whether it carries cash alone: nobody drops a card payment into a safe."""
    origins: frozenset[Origin]
    least_role: Role | None
    """The lowest role that may record it by hand at a register. At the vault it is always a manager. None: nobody may."""
    reversal: Reversal
    day: DayEffect | None
    """None: it does not count for a store-day."""
    moves_float: int
    """Its effect on the cash that the vault gave to the drawers: +1 adds, -1 takes back, 0 neither."""
    has_usual_amount: bool
    """Whether earlier movements of this kind show how many digits are usual."""
    shows_reason: bool
    """Whether the form at a register asks for a reason, and the desk shows it."""
    at_desk: str
    """Its name in the cashier's list of own movements; "": it is never listed there."""
    at_vault: str
    """Its name in the list of the vault's movements; "": it never goes into the vault or out of it."""
    register_form: FormWords | None
    """The form at the cashier's own drawer, or None."""
    vault_form: FormWords | None
    """The shared form among the vault's pages. None: no form, or a page of its own."""
    look: LookWords | None
    """None: no form asks for its amount."""

    @property
    def near_ends(self) -> frozenset[str]:
        """The places at which people record this kind: the vault, a register, or both."""
        return frozenset(end for pair in self.ends for end in pair if end != self.far_end)

    @property
    def comes_in(self) -> bool:
        """Whether it brings money from the far end to the place at which it is made."""
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
    def is_by_hand(self) -> bool:
        """Whether people and programs ask for it."""
        return Origin.HAND in self.origins
