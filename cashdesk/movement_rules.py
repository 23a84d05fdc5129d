"""The table of all kinds of movement, with one row for each kind. To add a kind, add a row here.

Other code looks up a property in this table instead of comparing kinds. The exception is code that handles one kind
only, such as the opening of a session, which records a FLOAT.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from cashdesk.enums import MovementKind, PlaceKind, Role
from cashdesk.movement_rule_columns import DayEffect, DayPart, FormWords, KindRule, LookWords, Origin, Reversal

_P = PlaceKind


def complete(rows: Mapping[MovementKind, KindRule]) -> Mapping[str, KindRule]:
    """Returns the rows in the order of MovementKind. Raises ImproperlyConfigured for a kind without a row."""
    missing = [kind.value for kind in MovementKind if kind not in rows]
    if missing:
        raise ImproperlyConfigured(f"cashdesk.movement_rules has no row for {', '.join(missing)}.")
    return MappingProxyType({kind: rows[kind] for kind in MovementKind})


def _of_clearing(
    *ends: tuple[str, str], far_end: PlaceKind, origin: Origin, reversal: Reversal = Reversal.NOBODY
) -> KindRule:
    return KindRule(
        ends=frozenset(ends), far_end=far_end, cash_only=False, origins=frozenset({origin}), least_role=None,
        reversal=reversal, day=None, moves_float=0, has_usual_amount=False, shows_reason=False, at_desk="", at_vault="",
        register_form=None, vault_form=None, look=None,
    )  # fmt: skip


RULES: Final = complete(
    {
        MovementKind.FLOAT: KindRule(
            ends=frozenset({(_P.VAULT, _P.REGISTER)}),
            far_end=_P.VAULT,
            cash_only=True,
            origins=frozenset({Origin.OPENING}),
            least_role=None,
            reversal=Reversal.NOBODY,
            day=DayEffect(part=DayPart.OPENING_FLOAT, sign=1),
            moves_float=1,
            has_usual_amount=True,
            shows_reason=False,
            at_desk="",
            at_vault=noop("Float"),
            register_form=None,
            vault_form=None,
            look=LookWords(
                register=noop("Opens register %(station)s with"), any_register=noop("Opens the drawer with")
            ),
        ),
        MovementKind.SALE: KindRule(
            ends=frozenset({(_P.CUSTOMERS, _P.REGISTER)}),
            far_end=_P.CUSTOMERS,
            cash_only=False,
            origins=frozenset({Origin.PAYMENT}),
            least_role=None,
            reversal=Reversal.MANAGER,
            day=DayEffect(part=DayPart.SALES, sign=1),
            moves_float=0,
            has_usual_amount=False,
            shows_reason=False,
            at_desk="",
            at_vault="",
            register_form=None,
            vault_form=None,
            look=None,
        ),
        MovementKind.REFUND: KindRule(
            ends=frozenset({(_P.REGISTER, _P.CUSTOMERS)}),
            far_end=_P.CUSTOMERS,
            cash_only=False,
            origins=frozenset({Origin.PAYMENT}),
            least_role=None,
            reversal=Reversal.MANAGER,
            day=DayEffect(part=DayPart.REFUNDS, sign=-1),
            moves_float=0,
            has_usual_amount=False,
            shows_reason=False,
            at_desk="",
            at_vault="",
            register_form=None,
            vault_form=None,
            look=None,
        ),
        MovementKind.PAID_IN: KindRule(
            ends=frozenset({(_P.OUTSIDE, _P.REGISTER), (_P.OUTSIDE, _P.VAULT)}),
            far_end=_P.OUTSIDE,
            cash_only=False,
            origins=frozenset({Origin.HAND}),
            least_role=Role.CASHIER,
            reversal=Reversal.OWN,
            day=DayEffect(part=DayPart.PAID_IN, sign=1),
            moves_float=0,
            has_usual_amount=True,
            shows_reason=True,
            at_desk=noop("Paid in"),
            at_vault=noop("Paid in"),
            register_form=FormWords(
                title=noop("Pay in"),
                hint=noop("Cash that comes into the drawer without a sale, such as change brought by somebody."),
                button=noop("Pay in"),
                booked=noop("Paid in:"),
            ),
            vault_form=FormWords(
                title=noop("Pay into the safe"),
                hint=noop("Cash from outside that goes directly into the safe."),
                button=noop("Pay in"),
                booked=noop("Paid in:"),
            ),
            look=LookWords(
                register=noop("Paid into the drawer of register %(station)s"), vault=noop("Paid into the safe")
            ),
        ),
        MovementKind.PAID_OUT: KindRule(
            ends=frozenset({(_P.REGISTER, _P.OUTSIDE), (_P.VAULT, _P.OUTSIDE)}),
            far_end=_P.OUTSIDE,
            cash_only=False,
            origins=frozenset({Origin.HAND}),
            least_role=Role.CASHIER,
            reversal=Reversal.OWN,
            day=DayEffect(part=DayPart.PAID_OUT, sign=-1),
            moves_float=0,
            has_usual_amount=True,
            shows_reason=True,
            at_desk=noop("Paid out"),
            at_vault=noop("Paid out"),
            register_form=FormWords(
                title=noop("Pay out"),
                hint=noop("Cash that leaves the drawer without a refund, such as a bill paid at the door."),
                button=noop("Pay out"),
                booked=noop("Paid out:"),
            ),
            vault_form=FormWords(
                title=noop("Pay out of the safe"),
                hint=noop("Cash that you take out of the safe to pay for something."),
                button=noop("Pay out"),
                booked=noop("Paid out:"),
            ),
            look=LookWords(
                register=noop("Paid out of the drawer of register %(station)s"), vault=noop("Paid out of the safe")
            ),
        ),
        MovementKind.DROP: KindRule(
            ends=frozenset({(_P.REGISTER, _P.VAULT)}),
            far_end=_P.VAULT,
            cash_only=True,
            origins=frozenset({Origin.HAND}),
            least_role=Role.CASHIER,
            reversal=Reversal.OWN,
            day=DayEffect(part=DayPart.DROPS, sign=-1, stays_in_store=True),
            moves_float=0,
            has_usual_amount=True,
            shows_reason=False,
            at_desk=noop("Dropped into the safe"),
            at_vault=noop("Drop"),
            register_form=FormWords(
                title=noop("Drop into the safe"),
                hint=noop("Cash that you take out of the drawer and put into the safe."),
                button=noop("Drop into the safe"),
                booked=noop("Dropped into the safe:"),
            ),
            vault_form=FormWords(
                title=noop("Collect cash from a register"),
                hint=noop("Notes that you take out of a drawer and put into the safe."),
                button=noop("Put it into the safe"),
                booked=noop("Collected from register %(number)s:"),
            ),
            look=LookWords(register=noop("From register %(station)s into the safe")),
        ),
        MovementKind.LOAN: KindRule(
            ends=frozenset({(_P.VAULT, _P.REGISTER)}),
            far_end=_P.VAULT,
            cash_only=True,
            origins=frozenset({Origin.HAND}),
            least_role=Role.MANAGER,
            reversal=Reversal.OWN,
            day=DayEffect(part=DayPart.OPENING_FLOAT, sign=1),
            moves_float=1,
            has_usual_amount=True,
            shows_reason=True,
            at_desk=noop("Change from the safe"),
            at_vault=noop("Change given"),
            register_form=None,
            vault_form=FormWords(
                title=noop("Give change to a register"),
                hint=noop("Notes and coins that you take out of the safe and put into a drawer."),
                button=noop("Give change"),
                booked=noop("Given to register %(number)s:"),
            ),
            look=LookWords(register=noop("From the safe into register %(station)s")),
        ),
        MovementKind.RETURN: KindRule(
            ends=frozenset({(_P.REGISTER, _P.VAULT)}),
            far_end=_P.VAULT,
            cash_only=True,
            origins=frozenset({Origin.CLOSE}),
            least_role=None,
            reversal=Reversal.NOBODY,
            day=None,
            moves_float=-1,
            has_usual_amount=False,
            shows_reason=False,
            at_desk="",
            at_vault=noop("Cash returned after closing"),
            register_form=None,
            vault_form=None,
            look=None,
        ),
        MovementKind.DEPOSIT: KindRule(
            ends=frozenset({(_P.VAULT, _P.BANK)}),
            far_end=_P.BANK,
            cash_only=True,
            origins=frozenset({Origin.HAND}),
            least_role=Role.MANAGER,
            reversal=Reversal.MANAGER,
            day=None,
            moves_float=0,
            has_usual_amount=True,
            shows_reason=False,
            at_desk="",
            at_vault=noop("Bag for the bank"),
            register_form=None,
            vault_form=None,
            look=LookWords(vault=noop("From the safe into a bag for the bank")),
        ),
        MovementKind.WITHDRAWAL: KindRule(
            ends=frozenset({(_P.BANK, _P.VAULT)}),
            far_end=_P.BANK,
            cash_only=True,
            origins=frozenset({Origin.HAND}),
            least_role=Role.MANAGER,
            reversal=Reversal.MANAGER,
            day=None,
            moves_float=0,
            has_usual_amount=True,
            shows_reason=False,
            at_desk="",
            at_vault=noop("Change from the bank"),
            register_form=None,
            vault_form=FormWords(
                title=noop("Change from the bank"),
                hint=noop(
                    "Notes and coins that come from the bank without an order in Cashdesk. Count them and enter "
                    "what arrived."
                ),
                button=noop("Put it into the safe"),
                booked=noop("Put into the safe:"),
                note=noop("Reference"),
            ),
            look=LookWords(vault=noop("From the bank into the safe")),
        ),
        MovementKind.OVER_SHORT: KindRule(
            # A movement between the bank and over/short means that the bank credited more or less than the bag held. A
            # movement between clearing and over/short corrects a count of money that is already in clearing.
            ends=frozenset(
                route
                for place in (_P.REGISTER, _P.VAULT, _P.BANK, _P.CLEARING)
                for route in ((place, _P.OVER_SHORT), (_P.OVER_SHORT, place))
            ),
            far_end=_P.OVER_SHORT,
            cash_only=False,
            origins=frozenset({Origin.OPENING, Origin.CLOSE, Origin.BANK}),
            least_role=None,
            reversal=Reversal.NOBODY,
            day=None,
            moves_float=0,
            has_usual_amount=False,
            shows_reason=False,
            at_desk="",
            at_vault=noop("Count difference"),
            register_form=None,
            vault_form=None,
            look=None,
        ),
        MovementKind.OPENING_BALANCE: KindRule(
            ends=frozenset({(_P.OPENING, _P.VAULT)}),
            far_end=_P.OPENING,
            cash_only=False,
            origins=frozenset({Origin.FIRST_COUNT}),
            least_role=None,
            reversal=Reversal.NOBODY,
            day=None,
            moves_float=0,
            has_usual_amount=False,
            shows_reason=False,
            at_desk="",
            at_vault=noop("Opening balance"),
            register_form=None,
            vault_form=None,
            look=LookWords(vault=noop("Opens the safe with")),
        ),
        # More may be refunded by card than was taken, so money can also come back from clearing.
        MovementKind.CLEARING: _of_clearing(
            (_P.REGISTER, _P.CLEARING), (_P.CLEARING, _P.REGISTER), far_end=_P.CLEARING, origin=Origin.CLOSE
        ),
        MovementKind.PAYOUT: _of_clearing(
            (_P.CLEARING, _P.BANK), far_end=_P.BANK, origin=Origin.PAYOUT, reversal=Reversal.MANAGER
        ),
        # A fee is reversed together with its payout.
        MovementKind.FEE: _of_clearing((_P.CLEARING, _P.OUTSIDE), far_end=_P.OUTSIDE, origin=Origin.PAYOUT),
    }
)


def name_at_desk(kind: str) -> str:
    """Returns the name of a kind on the cashier's desk, in the language of the page."""
    return _(RULES[kind].at_desk or MovementKind(kind).label)


def name_at_vault(kind: str) -> str:
    """Returns the name of a kind on the vault's pages, in the language of the page."""
    return _(RULES[kind].at_vault or MovementKind(kind).label)


def kinds_where(holds: Callable[[KindRule], bool]) -> tuple[MovementKind, ...]:
    """Returns the kinds whose row meets the condition `holds`, in the order of MovementKind."""
    return tuple(kind for kind in MovementKind if holds(RULES[kind]))
