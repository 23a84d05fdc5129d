"""The page that opens a drawer with a counted float."""

from collections.abc import Sequence
from typing import Any, Final, cast

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from cashdesk import money
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.counting.count import CountedAmount
from cashdesk.domain.counting.draft import discard_draft
from cashdesk.domain.session.current import open_session_of
from cashdesk.domain.session.foreign_cash import currencies_asked
from cashdesk.domain.session.handover import handover_before, handovers_waiting
from cashdesk.domain.session.opening import open_session
from cashdesk.domain.session.register_to_open import Station, stations_for
from cashdesk.enums import MovementKind, Role
from cashdesk.errors import DomainError, OutOfLine, SessionAlreadyOpen, TooManyAttempts
from cashdesk.forms.draft import FormDraft, form_draft
from cashdesk.forms.pages import form_page, path_to, see
from cashdesk.forms.refusals import Refusal, refusal_of
from cashdesk.forms.second_look_page import SecondLook
from cashdesk.forms.submit import submit_once
from cashdesk.forms.witness_fields import WITNESS_NAME, Witness, witness_fields
from cashdesk.models import CashSession, Place, Store, User
from cashdesk.screens.drawer_count import DrawerCount
from cashdesk.screens.drawer_drafts import counting_in_subject, opening_subject
from cashdesk.web.idempotency import WITNESS_PROOF
from cashdesk.web.pages import page_for

ANY_FREE = ""
"""The choice that lets the system pick a free register."""

SHOWN_FOR: Final = "store"
"""The hidden field with the store and currency of the page, because the person may change stores before sending."""


REVIEW: Final = "review"
BACK: Final = "back"
OPEN: Final = "open"


@sensitive_post_parameters(WITNESS_PROOF)
@page_for(Role.CASHIER, takes_posts=True, by_pin=True)
def open_page(request: HttpRequest, by: Principal) -> HttpResponse:
    """Shows the sheet for the float (GET, or `step=back`), then its review (`step=review`), then opens a register.

    The person chooses the register, unless a register is assigned to them. `?station=2` takes over the drawer of register 2
    that was handed over. No step shows the count of the previous cashier (law 5).
    """
    user = cast(User, by.user)
    if user.store is None:
        return see("desk")
    store, waiting = user.store, handovers_waiting(store=user.store)
    draft = _draft(request, store, waiting, by=by)
    register = _register_counted(request, user, waiting)
    others = currencies_asked(register=register, currency=store.currency) if register is not None else []
    is_sent, step = request.method == "POST", request.POST.get("step", REVIEW)
    count = DrawerCount(
        store.currency,
        draft.typed,
        others=others,
        usual=store.usual_float,
        usual_amount=store.float_minor,
        is_sent=is_sent,
    )
    counted = count.sheet.counted
    # A repeated request to open gets its first answer, so it is not asked whether a drawer is open.
    opens = step == OPEN and counted is not None and count.is_ready and not count.sheet.takes_usual
    if not opens and open_session_of(user) is not None:
        return see("desk", notice="already-open")
    if not is_sent:
        return _show(request, store, draft, waiting, count=count)
    if request.POST.get(SHOWN_FOR, _shown_for(store)) != _shown_for(store):
        message = _("This page is out of date. Check it and send it again.")
        return _show(request, store, draft, waiting, count=count, refusal=Refusal(status=409, message=message))
    if opens and counted is not None:
        return _open(request, store, draft, count=count, counted=counted, by=by)
    draft.save(request, at=timezone.now())
    if count.sheet.takes_usual or step == BACK:
        return _show(request, store, draft, waiting, count=count)
    if counted is None or not count.is_ready:
        return _show(request, store, draft, waiting, count=count, refusal=Refusal(status=400))
    return _review(request, store, draft, waiting, count=count)


def _register_counted(request: HttpRequest, user: User, waiting: list[CashSession]) -> Place | None:
    """Returns the handed-over register that is counted, else the person's assigned register, else None."""
    left = _handover_at(_station_meant(request), user=user, waiting=waiting)
    return left.register if left is not None else user.register


def _station_meant(request: HttpRequest) -> str:
    return str(request.POST.get("station", request.GET.get("station", ANY_FREE)))


def _open(
    request: HttpRequest, store: Store, draft: FormDraft, *, count: DrawerCount, counted: CountedAmount, by: Principal
) -> HttpResponse:
    """Opens the drawer once. A repeated request redirects to the page of the first request."""
    user, station, at = cast(User, by.user), request.POST.get("station", ANY_FREE), timezone.now()
    witness = Witness(request=request, counted=counted, store=store, by=by, at=at)

    def act() -> str:
        _look(store, counted).refuse_unlooked(request)
        number = money.parse_whole(station, field="station") if station != ANY_FREE else None
        session = open_session(
            user=user, counted=counted, others=count.counted_others, by=by, at=at, station=number, witness=witness.user,
            refuses_unwitnessed=True,
        )  # fmt: skip
        # The drawer is open now. So the draft of an opening with a float is obsolete, even after a handover.
        discard_draft(by=by, subject=opening_subject(store))
        return path_to("desk", notice="counted-in" if handover_before(session) else "opened")

    def again(error: DomainError) -> HttpResponse:
        if isinstance(error, SessionAlreadyOpen) and open_session_of(user) is not None:
            return see("desk", notice="already-open")
        # Another person may have taken over one of these drawers in the meantime.
        waiting = handovers_waiting(store=store)
        if isinstance(error, OutOfLine):
            draft.save(request, at=at)
            return _review(request, store, draft, waiting, count=count)
        refusal = refusal_of(error, store=store)
        if isinstance(error, TooManyAttempts) or error.on_pages.keys() & {WITNESS_NAME, WITNESS_PROOF}:
            return _review(request, store, draft, waiting, count=count, refusal=refusal)
        return _show(request, store, draft, waiting, count=count, refusal=refusal)

    return submit_once(request, by=by, at=at, act=act, again=again, draft=draft, check=witness.confirm)


def _look(store: Store, counted: CountedAmount) -> SecondLook:
    return SecondLook(store=store, kind=MovementKind.FLOAT, amounts=[(counted.amount, counted.currency)])


def _shown_for(store: Store) -> str:
    return f"{store.uuid} {store.currency}"


def _draft(request: HttpRequest, store: Store, waiting: list[CashSession], *, by: Principal) -> FormDraft:
    """Returns the draft of this drawer. Each handed-over drawer has a separate draft, so that input is never mixed."""
    user = cast(User, by.user)
    left = _handover_at(_station_meant(request), user=user, waiting=waiting)
    if left is None:
        return form_draft(request, opening_subject(store), by=by, untyped=(SHOWN_FOR,))
    page = path_to("desk-open", station=str(left.register.number))
    return form_draft(request, counting_in_subject(left), by=by, page=page, untyped=(SHOWN_FOR,))


def _handover_at(station: str, *, user: User, waiting: list[CashSession]) -> CashSession | None:
    """Returns the session that handed over the person's register, or None. `station` is used if no register is assigned."""
    wanted = str(user.register.number) if user.register is not None else station
    return next((left for left in waiting if str(left.register.number) == wanted), None)


def _show(
    request: HttpRequest,
    store: Store,
    draft: FormDraft,
    waiting: list[CashSession],
    *,
    count: DrawerCount,
    refusal: Refusal | None = None,
) -> HttpResponse:
    user = cast(User, draft.by.user)
    context = _context(request, store, draft, waiting, count=count)
    context["stations"] = [] if user.register is not None else stations_for(user=user, store=store, by=draft.by)
    context["only_register"] = _only_register(context["stations"], waiting)
    context["waiting"] = waiting
    return form_page(request, "cashdesk/open.html", context, refusal)


def _only_register(stations: Sequence[Station], waiting: Sequence[CashSession]) -> Place | None:
    """Returns the register of a store with a single one if it is free. Then the form asks for no register."""
    if len(stations) != 1 or stations[0].refusal:
        return None
    register = stations[0].register
    return None if any(left.register_id == register.pk for left in waiting) else register


def _review(
    request: HttpRequest,
    store: Store,
    draft: FormDraft,
    waiting: list[CashSession],
    *,
    count: DrawerCount,
    refusal: Refusal | None = None,
) -> HttpResponse:
    """Shows the review of a count without errors. It is the second look, too, if the float is out of line."""
    counted = cast(CountedAmount, count.sheet.counted)
    context = _context(request, store, draft, waiting, count=count) | witness_fields(
        request, counted=counted, store=store, refusal=refusal
    )
    context |= _look(store, counted).doubts()
    return form_page(request, "cashdesk/open_review.html", context, refusal)


def _context(
    request: HttpRequest, store: Store, draft: FormDraft, waiting: list[CashSession], *, count: DrawerCount
) -> dict[str, Any]:
    user = cast(User, draft.by.user)
    station = request.POST.get("station", request.GET.get("station", draft.typed.get("station", ANY_FREE)))
    return {
        "count": count,
        "sheet": count.sheet,
        "draft": draft,
        "store": store,
        "shown_for": _shown_for(store),
        "assigned": user.register,
        "station": station,
        "handover": _handover_at(station, user=user, waiting=waiting),
        "notice": request.GET.get("notice", ""),
    }
