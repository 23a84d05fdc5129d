"""The form on which a shortage is paid back: by its cashier into their own drawer, or by a manager."""

from typing import Any, Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.session.current import open_session_of
from cashdesk.domain.visibility import with_shown_result
from cashdesk.enums import Role, SessionStatus, VarianceKind
from cashdesk.errors import DomainError, NotFound
from cashdesk.formats import style, write_as
from cashdesk.forms.draft import FormDraft, form_draft
from cashdesk.forms.fields import Fields
from cashdesk.forms.pages import form_page, path_to, see
from cashdesk.forms.refusals import Refusal
from cashdesk.forms.submit import submit_once
from cashdesk.models import CashSession, Variance
from cashdesk.web.pages import page_for
from reconciliations import queries
from reconciliations.domain.repayment import left_to_repay, refusal_of_repayment, repay_variance
from reconciliations.screens.variance_words import place_in_words, verdict_of

SAFE: Final = "0"


@page_for(Role.CASHIER, takes_posts=True)
def repayment_page(request: HttpRequest, by: Principal, variance: UUID) -> HttpResponse:
    """Shows and saves a repayment. Cashiers see it for their own shortage, once they may see its figures (law 5)."""
    found = _found(variance, by=by)
    write_as(found.store.language, found.store.currency, found.store.time_zone)
    is_manager = by.has_role(Role.MANAGER)
    fields, at = Fields(request), timezone.now()
    draft = form_draft(request, f"repay:{found.uuid}", by=by)
    amount, station = 0, 0
    if request.method == "POST":
        amount = fields.amount("amount", found.currency)
        station = fields.station("station") if is_manager else 0

    def act() -> str:
        repay_variance(variance=found, amount=amount, by=by, at=at, station=station or None)
        if is_manager:
            return path_to("variance-page", found.uuid, done="repay")
        return path_to("repay", found.uuid, done="repay")

    def again(error: DomainError) -> HttpResponse:
        draft.save(request, at=at)
        return _show(request, found, draft, by=by, refusal=Refusal.of(error))

    if request.method == "POST":
        return submit_once(request, by=by, at=at, act=act, again=again, draft=draft, check=fields.refuse_wrong)
    return _show(request, found, draft, by=by)


@page_for(Role.CASHIER)
def session_repayment_page(_request: HttpRequest, by: Principal, session: UUID) -> HttpResponse:
    """Redirects from the result of a drawer to the repayment of its shortage, or back if there is none to repay."""
    rows = queries.variances(by=by).filter(session__uuid=session, kind=VarianceKind.SESSION, person=by.user)
    found = rows.order_by("-pk").first()
    if found is None or not _shows_result(found, by=by):
        return see("desk-result", session)
    return see("repay", found.uuid)


def _found(variance_id: UUID, *, by: Principal) -> Variance:
    """Returns a variance that the person may see here. Raises the same NotFound for every other one."""
    found = queries.variances(by=by).filter(uuid=variance_id).first()
    is_own = found is not None and by.user is not None and found.person_id == by.user.pk
    if found is None or not (by.has_role(Role.MANAGER) or (is_own and _shows_result(found, by=by))):
        raise NotFound("There is no variance with this id.")
    return found


def _shows_result(variance: Variance, *, by: Principal) -> bool:
    if variance.session is None:
        return False
    rows = with_shown_result(CashSession.objects.filter(pk=variance.session.pk), by=by)
    return any(bool(getattr(session, "shows_result", False)) for session in rows)


def _show(
    request: HttpRequest, variance: Variance, draft: FormDraft, *, by: Principal, refusal: Refusal | None = None
) -> HttpResponse:
    is_manager = by.has_role(Role.MANAGER)
    left = left_to_repay(variance)
    is_done = request.GET.get("done") == "repay"
    context: dict[str, Any] = {
        "variance": variance,
        "store": variance.store,
        "verdict": verdict_of(variance)[0],
        "place": place_in_words(variance.place),
        "left": left,
        "is_done": is_done,
        "is_manager": is_manager,
        "draft": draft,
        "typed_amount": draft.typed.get("amount", style().digits(left, variance.currency)),
        "typed_station": draft.typed.get("station", SAFE),
        "stations": _stations(variance) if is_manager else [],
        "why_not": _why_not(variance, left=left, by=by),
    }
    return form_page(request, "reconciliations/repayment.html", context, refusal)


def _stations(variance: Variance) -> list[tuple[str, str]]:
    """Returns the safe and the registers whose drawers are open."""
    opened = CashSession.objects.filter(store=variance.store_id, status=SessionStatus.OPEN).select_related("register")
    drawers = [(str(one.register.number), place_in_words(one.register)) for one in opened.order_by("register__number")]
    return [(SAFE, _("Safe")), *drawers]


def _why_not(variance: Variance, *, left: int, by: Principal) -> str:
    refusal = refusal_of_repayment(variance, by=by)
    if refusal is not None:
        return refusal.message
    if not left:
        return _("Nothing is left to repay.")
    if not by.has_role(Role.MANAGER) and by.user is not None and open_session_of(by.user) is None:
        return _("Open your drawer first, or give the money to your manager.")
    return ""
