"""Helpers that the tests of reconciliations use often."""

import uuid
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.utils import timezone

from cashdesk.domain.store.business_day import business_date
from cashdesk.models import Store, Vendor
from tests.stories import Caller, exact

PATH = "/cash-management/reconciliations"
NEVER_USED = "00000000-0000-4000-8000-000000000000"


def vendor_of(store: Store) -> Vendor:
    """Gives the store a vendor, unless it has one, and returns it."""
    if store.vendor is None:
        store.vendor = Vendor.objects.create(account=store.account, name=f"Brand of {store.number}")
        store.save(update_fields=["vendor"])
    return store.vendor


def local(text: str, zone: str = "Europe/Berlin") -> datetime:
    """Returns the instant of a time on the shop's clock."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def today(store: Store) -> str:
    """Returns the store's business day now."""
    return business_date(store=store, at=timezone.now()).isoformat()


def declaration(store: Store, amount: Any = 0, **fields: Any) -> dict[str, Any]:
    """Returns the body of a reconciliation in the store's currency; keyword arguments add or replace fields."""
    return {"storeId": str(store.uuid), "currency": store.currency, "declaredCash": amount, **fields}


def reconciled(by: Caller, store: Store, amount: Any = 0, **fields: Any) -> dict[str, Any]:
    """Records a reconciliation and returns it."""
    response = by.post(PATH, declaration(store, amount, **fields))
    assert response.status_code == 201, response.content
    return dict(exact(response))


def authorized(by: Caller, store: Store, **fields: Any) -> str:
    """Issues an authorization and returns its token."""
    body = {"storeId": str(store.uuid), "purpose": "shortage", "expiresInMinutes": 30, **fields}
    response = by.post("/cash-management/authorizations", body)
    assert response.status_code == 201, response.content
    return str(uuid.UUID(exact(response)["authorizationTokenId"]))


def errors_of(response: HttpResponse) -> dict[str, str]:
    """Returns the fields that a refusal names, with its words."""
    assert response.status_code == 400, response.content
    return dict(exact(response)["error"]["errors"])
