"""The search: finds registers, people, payments, bags, Z reports and amounts, and leads to the page of each.

Managers find what their role may see: those of a store their store, admins their account, superusers everything. Numbers
of registers and Z reports, and amounts, mean something only within a store, so people who see several choose one for them.

Cashiers find their own drawers and the payments and movements in them, after the drawer was counted: a customer comes back
with a receipt, or a colleague asks about a result. They find nothing of other people and nothing of the safe.

Law 5: no search answers a guess of what a drawer should hold (`reconciliations.queries.search`). If an amount finds money of
the safe that nobody has counted since, the audit trail notes the look.
"""

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from functools import cache
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop
from django.utils.translation import override

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.visibility import newest_by_place, note_periods_seen
from cashdesk.enums import Role
from cashdesk.errors import InvalidInput
from cashdesk.formats import amount_typed, write_as
from cashdesk.models import Movement, Store
from cashdesk.web.chosen_store import chosen_store
from cashdesk.web.pages import page_for
from reconciliations.queries import search as queries
from reconciliations.screens.search_hits import Hit, Words

TEXT_MAX: Final = 128
"""The length of the longest payment id."""

STORES_MAX: Final = 500

PERIOD: Final = timedelta(days=31)
"""How far back the search looks for an amount."""

ALL: Final = "all"
"""The value of `?store=` that searches every store of the person."""

_NUMBER: Final = re.compile(r"(?P<word>[^\W\d_]+(?: [^\W\d_]+)*)?(?P<gap>[ .:#-]*)(?P<digits>[0-9]{1,18})")
"""A number, alone or after the name of what it numbers."""

Z_ALONE: Final = "z"
"""The only word that may touch its number: "Z231". "A17" is the number of a bag."""


class Numbered(Enum):
    """What has a number. The value lists what people call it."""

    REGISTER = noop("register, till, drawer, checkout")
    SESSION = noop("session, cash session, shift")
    Z_REPORT = noop("Z, Z report")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The typed text as a name, a number and an amount, as far as it can be each of them."""

    text: str
    number: int | None
    """The number of a register, a session or a Z report: "3", "register 3", "session 60" or "Z 231"."""
    of: Collection[Numbered]
    """What the number can be the number of: the one that was named, or all."""
    digits: str
    """The number as it was typed, with leading zeros, or ""."""
    uuid: UUID | None
    amount: int | None
    """Minor units of the store's currency, without a sign."""


@page_for(Role.CASHIER)
def search_page(request: HttpRequest, by: Principal) -> HttpResponse:
    """Shows what `?q=` finds, grouped by noun. Without `?q=`, says what can be searched."""
    text = " ".join(request.GET.get("q", "").split())[:TEXT_MAX]
    text = "".join(sign for sign in text if sign.isprintable())
    is_manager = by.has_role(Role.MANAGER)
    store = None if request.GET.get("store") == ALL else chosen_store(request, by=by)
    # Only an admin may see several stores.
    stores = list(by.stores().order_by("number", "pk")[:STORES_MAX]) if by.has_role(Role.ADMIN) else []
    now = timezone.now()
    if store is not None:
        write_as(store.language, store.currency, store.time_zone)
    groups = _found(_asked(text, store), by=by, store=store, now=now) if text else []
    context: dict[str, Any] = {
        "q": text,
        "groups": groups,
        "is_manager": is_manager,
        "store": store,
        "stores": stores,
        "text_max": TEXT_MAX,
        "found_max": queries.FOUND_MAX,
        "days": PERIOD.days,
    }
    return render(request, "reconciliations/search.html", context)


def _asked(text: str, store: Store | None) -> Asked:
    found = _NUMBER.fullmatch(text)
    word = (found["word"] or "").casefold() if found else ""
    digits = found["digits"] if found and (found["gap"] or word in ("", Z_ALONE)) else ""
    noun = _nouns().get(word)
    return Asked(
        text=text,
        number=int(digits) if digits and int(digits) < 2**31 and (noun or not word) else None,
        of=[noun] if noun else list(Numbered),
        digits=digits,
        uuid=_uuid(text),
        amount=_amount(text, store) if store is not None else None,
    )


@cache
def _nouns() -> dict[str, Numbered]:
    """Returns what each word names, in every language: a colleague's slip may be in another one."""
    nouns: dict[str, Numbered] = {}
    for language, _name in settings.LANGUAGES:
        with override(language):
            nouns |= {word.strip().casefold(): noun for noun in Numbered for word in _(noun.value).split(",")}
    return nouns


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _amount(text: str, store: Store) -> int | None:
    """Returns the amount that the text means in the store, without its sign, or None if it is no amount above 0."""
    try:
        return amount_typed(text.lstrip("+-\u2212 "), store.currency, field="q") or None
    except InvalidInput:
        return None


def _found(asked: Asked, *, by: Principal, store: Store | None, now: datetime) -> list[dict[str, Any]]:
    """Returns the groups with at least one hit, in a fixed order."""
    since = now - PERIOD
    words = Words(by=by, now=now, names_stores=store is None)
    groups: list[dict[str, Any]] = []

    def add(title: str, rows: Sequence[Any], write: Callable[[Any], Hit]) -> None:
        if rows:
            hits = [write(row) for row in rows[: queries.FOUND_MAX]]
            groups.append({"title": title, "hits": hits, "has_more": len(rows) > queries.FOUND_MAX})

    is_manager = by.has_role(Role.MANAGER)
    number, of = asked.number, asked.of
    if store is not None and number is not None:
        if not is_manager:
            add(_("Your drawers"), queries.own_sessions(by=by, since=since, number=number), words.session)
        elif Numbered.REGISTER in of:
            add(_("Registers"), queries.registers(store=store, number=number), words.register)
        if Numbered.Z_REPORT in of:
            add(_("Z reports"), queries.seals(by=by, store=store, number=number), words.z_report)
    if is_manager and (asked.uuid or (number is not None and Numbered.SESSION in of)):
        add(_("Cash sessions"), queries.sessions(by=by, store=store, number=number, uuid=asked.uuid), words.session)
    if len(asked.text) > 1 or asked.digits:
        add(_("People"), queries.people(by=by, text=asked.text), words.person)
    # People type a number as they hear it.
    numbers = {asked.text, asked.text.upper(), asked.text.lower(), asked.digits} - {""}
    add(_("Bags for the bank"), queries.bags(by=by, number=numbers, store=store), words.bag)
    add(_("Payments"), queries.payments(by=by, number=numbers, store=store), words.payment)
    if store is not None and asked.amount is not None:
        of_amount: dict[str, Any] = {"by": by, "store": store, "amount": asked.amount, "since": since}
        add(_("Counted drawers with this amount"), queries.sessions_of_amount(**of_amount), words.session)
        add(_("Settlements with this amount"), queries.settlements_of_amount(**of_amount), words.settlement)
        add(_("Variances of this amount"), queries.variances_of_amount(**of_amount), words.variance)
        add(_("Payments of this amount"), queries.payments_of_amount(**of_amount), words.payment)
        moved = queries.movements_of_amount(**of_amount)
        add(_("Movements of this amount"), moved, words.movement)
        _note(moved[: queries.FOUND_MAX], by=by, at=now)
    return groups


def _note(moved: Sequence[Movement], *, by: Principal, at: datetime) -> None:
    """Notes in the audit trail if these movements are of a period of the safe that nobody has counted yet (law 5)."""
    ends = [(place, row.recorded_at) for row in moved for place in (row.source_id, row.destination_id)]
    if ends:
        note_periods_seen(places=newest_by_place(ends), sessions=(), by=by, at=at)
