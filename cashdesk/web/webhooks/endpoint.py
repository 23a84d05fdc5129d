"""Adds, changes and removes webhook endpoints, and switches them on and off. Only admins of the account may do so."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from cashdesk.domain.caller import audit
from cashdesk.domain.caller.event_sequence import last_position
from cashdesk.domain.caller.principal import Principal
from cashdesk.enums import DeliveryState, EventType, OffReason, Role
from cashdesk.errors import Conflict, Forbidden, InvalidInput, NotFound
from cashdesk.models import Account, Store, WebhookDelivery, WebhookEndpoint, WebhookLane
from cashdesk.models.webhook import DESCRIPTION_MAX
from cashdesk.web.outgoing_http import Rules, Unsendable, checked_url
from cashdesk.web.webhooks.lane import reset
from cashdesk.web.webhooks.secret import add_secret, replace_secret

ENDPOINTS_MAX: Final = 20
"""The most endpoints of one account, so that one event does not cause any number of requests."""


def rules() -> Rules:
    """Returns the rules for the URLs of webhooks, from the settings."""
    return Rules(allows_http=settings.WEBHOOK_ALLOW_HTTP, allows_private=settings.WEBHOOK_ALLOW_PRIVATE_ADDRESSES)


@transaction.atomic
def add_endpoint(
    *,
    account: Account,
    url: str,
    by: Principal,
    at: datetime,
    store: Store | None = None,
    description: str = "",
    types: Iterable[str] = (),
) -> tuple[WebhookEndpoint, str]:
    """Adds an endpoint for events from now on. Returns it and its secret, which is shown once.

    Without `types` it receives all types of events. Without `store` it receives the events of all stores of the
    account.

    Raises Forbidden if the caller is not an admin of the account. Raises InvalidInput, naming the field, for a URL that
    may not be called, an unknown type or a store of another account. Raises Conflict above ENDPOINTS_MAX endpoints.
    """
    refuse_others(account_id=account.pk, by=by)
    # The lock makes two admins who add the last endpoint at the same time take turns.
    Account.objects.select_for_update(no_key=True).get(pk=account.pk)
    if WebhookEndpoint.objects.filter(account=account, removed_at__isnull=True).count() >= ENDPOINTS_MAX:
        told = _("The account already has %(limit)s endpoints. Remove one first.") % {"limit": ENDPOINTS_MAX}
        raise Conflict(told, code="too_many_endpoints")
    if store is not None and store.account_id != account.pk:
        raise InvalidInput.of("store", _("Choose a store of the account."))
    endpoint = WebhookEndpoint.objects.create(
        account=account,
        store=store,
        url=_known_url(url),
        description=_known_description(description),
        types=_known_types(types),
        created_at=at,
        created_by=by.user,
        created_by_name=by.name[:200],
        position=last_position(),
    )
    secret = add_secret(endpoint, at=at)
    _note("created", endpoint, by=by, at=at, host=_host(endpoint), types=endpoint.types)
    return endpoint, secret


@transaction.atomic
def change_endpoint(
    *,
    endpoint: WebhookEndpoint,
    by: Principal,
    at: datetime,
    url: str | None = None,
    description: str | None = None,
    types: Iterable[str] | None = None,
) -> WebhookEndpoint:
    """Changes the given values, and returns the endpoint. Waiting deliveries are sent to the new URL.

    New types apply from the next event that is queued. Raises the same errors as `add_endpoint`.
    """
    row = _locked(endpoint, by=by)
    if url is not None:
        row.url = _known_url(url)
    if description is not None:
        row.description = _known_description(description)
    if types is not None:
        row.types = _known_types(types)
    row.save(update_fields=["url", "description", "types"])
    _note("changed", row, by=by, at=at, host=_host(row), types=row.types)
    return row


@transaction.atomic
def rotate_secret(*, endpoint: WebhookEndpoint, overlap: timedelta, by: Principal, at: datetime) -> str:
    """Gives the endpoint a new secret, which is shown once. The old secret signs too until `overlap` has passed.

    Raises Forbidden if the caller is not an admin of the account, and errors of `replace_secret`.
    """
    row = _locked(endpoint, by=by)
    text = replace_secret(row, overlap=overlap, at=at)
    _note("secret_rotated", row, by=by, at=at, old_signs_until=(at + overlap).isoformat())
    return text


@transaction.atomic
def switch_off(*, endpoint: WebhookEndpoint, by: Principal, at: datetime) -> WebhookEndpoint:
    """Stops sending. `switch_on` can later send the events of this time. Changes nothing if the endpoint is off."""
    row = _locked(endpoint, by=by)
    if row.is_active:
        turn_off(row, reason=OffReason.PERSON, by=by, at=at)
    return row


@transaction.atomic
def switch_on(*, endpoint: WebhookEndpoint, sends_missed: bool, by: Principal, at: datetime) -> WebhookEndpoint:
    """Starts sending again. Changes nothing if the endpoint is on.

    With `sends_missed`, sends the waiting deliveries and the kept events since the endpoint was switched off. Without
    it, the waiting deliveries become failed, and only new events are sent.
    """
    row = _locked(endpoint, by=by)
    if row.is_active:
        return row
    waiting = WebhookDelivery.objects.filter(endpoint=row, state=DeliveryState.WAITING)
    if sends_missed:
        reset(waiting, at=at)
    else:
        waiting.update(state=DeliveryState.FAILED, ended_at=at, next_attempt_at=None, last_error="skipped")
        row.position = last_position()
    row.is_active, row.off_reason, row.off_since, row.failing_since = True, "", None, None
    row.save(update_fields=["is_active", "off_reason", "off_since", "failing_since", "position"])
    WebhookLane.objects.filter(endpoint=row).update(due_at=at)
    _note("switched_on", row, by=by, at=at, sends_missed=sends_missed)
    return row


@transaction.atomic
def remove_endpoint(*, endpoint: WebhookEndpoint, by: Principal, at: datetime) -> None:
    """Switches an endpoint off for good. Its log stays until it is old. A second call changes nothing."""
    row = _locked(endpoint, by=by, with_removed=True)
    if row.removed_at is not None:
        return
    if row.is_active:
        turn_off(row, reason=OffReason.PERSON, by=by, at=at)
    row.removed_at = at
    row.save(update_fields=["removed_at"])
    _note("removed", row, by=by, at=at)


def endpoints_shown(*, by: Principal) -> "QuerySet[WebhookEndpoint]":
    """Returns the endpoints that the caller may manage, without removed ones.

    An admin sees all endpoints of the account, or only those of one store if their token is bound to that store.
    """
    rows = WebhookEndpoint.objects.filter(removed_at__isnull=True).select_related("account", "store")
    if not by.has_role(Role.ADMIN):
        return rows.none()
    if by.bound_store is not None:
        return rows.filter(store__in=by.stores())
    is_of_all = by.is_system or (by.user is not None and by.user.is_superuser)
    return rows if is_of_all else rows.filter(account=by.account_id)


def turn_off(locked: WebhookEndpoint, *, reason: OffReason, by: Principal, at: datetime) -> None:
    """Switches a locked endpoint off and stores the reason, which the back office shows to the admins."""
    locked.is_active, locked.off_reason, locked.off_since = False, reason, at
    locked.save(update_fields=["is_active", "off_reason", "off_since"])
    WebhookLane.objects.filter(endpoint=locked).update(due_at=None)
    _note("switched_off", locked, by=by, at=at, reason=reason.value)


def refuse_others(*, account_id: int, by: Principal) -> None:
    """Raises Forbidden unless the caller is an admin of the account, a superuser, or the system."""
    is_of_all = by.is_system or (by.user is not None and by.user.is_superuser)
    if not by.has_role(Role.ADMIN) or not (is_of_all or account_id == by.account_id):
        raise Forbidden(_("Only an admin of the account can manage its webhooks."))


def _locked(endpoint: WebhookEndpoint, *, by: Principal, with_removed: bool = False) -> WebhookEndpoint:
    refuse_others(account_id=endpoint.account_id, by=by)
    row = WebhookEndpoint.objects.select_for_update(no_key=True).get(pk=endpoint.pk)
    if row.removed_at is not None and not with_removed:
        raise NotFound(_("The endpoint was removed."))
    return row


def _known_url(url: str) -> str:
    try:
        checked_url(url.strip(), rules=rules())
    except Unsendable as error:
        raise InvalidInput.of("url", error.told()) from None
    return url.strip()


def _known_description(text: str) -> str:
    if len(text) > DESCRIPTION_MAX:
        raise InvalidInput.of("description", _("Enter at most %(limit)s characters.") % {"limit": DESCRIPTION_MAX})
    return text.strip()


def _known_types(types: Iterable[str]) -> list[str]:
    wanted = {str(name) for name in types}
    unknown = sorted(wanted - set(EventType.values))
    if unknown:
        told = _("There is no event type %(name)s. The types are %(names)s.")
        raise InvalidInput.of("types", told % {"name": unknown[0][:40], "names": ", ".join(EventType.values)})
    return [name for name in EventType.values if name in wanted]


def _host(endpoint: WebhookEndpoint) -> str:
    """Returns the host of the URL. The rest stays out of the audit trail, because many URLs contain a secret."""
    return urlsplit(endpoint.url).hostname or ""


def _note(verb: str, endpoint: WebhookEndpoint, *, by: Principal, at: datetime, **detail: object) -> None:
    audit.note(
        action=f"webhook.{verb}",
        subject=f"webhook:{endpoint.pk}",
        by=by,
        at=at,
        store=endpoint.store,
        account=endpoint.account,
        detail=detail,
    )
