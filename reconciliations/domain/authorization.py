"""Authorizations: one-time permissions from a second person for a sign-off."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from cashdesk.domain.caller import audit
from cashdesk.domain.caller.principal import Principal
from cashdesk.enums import Role
from cashdesk.errors import Forbidden, InvalidInput
from cashdesk.models import Store, User
from reconciliations.enums import AuthorizationState
from reconciliations.models import Authorization

MINUTES_MAX: Final = 24 * 60
FIELD: Final = "authorization_token_id"
REFUSED: Final = "This authorization cannot be used here."
"""The same text for every refused authorization, so that guesses reveal nothing about it."""


@transaction.atomic
def issue_authorization(
    *, store: Store, purpose: str, expires_in: timedelta, by: Principal, at: datetime, operator: User | None = None
) -> Authorization:
    """Issues and returns an authorization for one sign-off in a store.

    Without `operator`, the authorization is valid for anyone's cash. Raises Forbidden unless a manager asks in person,
    and InvalidInput if `expires_in` is too short or too long.
    """
    if by.user is None or not by.has_role(Role.MANAGER):
        raise Forbidden(_("Only a manager with their own sign-in can issue an authorization."))
    if not timedelta(minutes=1) <= expires_in <= timedelta(minutes=MINUTES_MAX):
        raise InvalidInput.of("expires_in_minutes", _("Enter 1 to %(limit)s minutes.") % {"limit": MINUTES_MAX})
    issued = Authorization.objects.create(
        store=store, operator=operator, purpose=purpose, issued_by=by.user, issued_at=at, expires_at=at + expires_in
    )
    audit.note(
        action="authorization.issued",
        subject=f"authorization:{issued.pk}",
        by=by,
        at=at,
        store=store,
        detail={"purpose": purpose, "operator": operator.pk if operator else None},
    )
    return issued


def usable_authorization(
    *, token_id: UUID, store: Store, operator: User | None, by: Principal, at: datetime
) -> Authorization:
    """Returns the authorization with this token if `by` may use it for the cash of `operator`.

    Raises InvalidInput if the authorization is unknown, used, expired or for another operator. Also raises InvalidInput
    if `by` or `operator` issued it. Takes no lock: the unique column `Reconciliation.authorization` refuses a second
    use.
    """
    found = Authorization.objects.select_related("issued_by").filter(uuid=token_id, store=store).first()
    if found is None:
        raise InvalidInput.of(FIELD, REFUSED)
    is_for_another = found.operator_id is not None and found.operator_id != (operator.pk if operator else None)
    is_own = by.user is not None and found.issued_by_id == by.user.pk
    counts_own = operator is not None and found.issued_by_id == operator.pk
    is_over = state_of(authorization=found, at=at) != AuthorizationState.USABLE
    if is_over or is_for_another or is_own or counts_own:
        raise InvalidInput.of(FIELD, REFUSED)
    return found


def state_of(*, authorization: Authorization, at: datetime) -> AuthorizationState:
    """Returns the state of an authorization."""
    if hasattr(authorization, "reconciliation"):
        return AuthorizationState.USED
    return AuthorizationState.USABLE if authorization.expires_at > at else AuthorizationState.EXPIRED


def note_refusal(*, token_id: UUID, store: Store, by: Principal, at: datetime) -> None:
    """Notes in the audit trail that an authorization was refused.

    The caller calls this after the transaction of the refused reconciliation, because that transaction is rolled back.
    """
    known = Authorization.objects.filter(uuid=token_id, store=store).values_list("pk", flat=True).first()
    audit.note(
        action="authorization.refused",
        subject=f"authorization:{known}" if known else f"store:{store.pk}",
        by=by,
        at=at,
        store=store,
    )
