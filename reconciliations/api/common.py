"""Shared code of the calls under /cash-management: the store, the operator, and exact amounts."""

from datetime import date
from typing import Any, Final
from uuid import UUID

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from cashdesk import money
from cashdesk.domain.caller.principal import Principal, find_operator
from cashdesk.errors import Forbidden, InvalidInput
from cashdesk.models import Store, User
from cashdesk.web.fields import date_in

OPERATOR_UID_MAX: Final = 64


def refuse_loose_key(by: Principal) -> None:
    """Raises Forbidden for an API key that is not bound to a vendor."""
    if by.is_program and by.token is not None and (by.token.account_id is None or by.token.vendor_id is None):
        raise Forbidden("This key is bound to no vendor. Use a key of a vendor.")


def store_of(*, store_id: UUID, by: Principal) -> Store:
    """Returns the store. Raises the same InvalidInput for an unknown store and for a store out of scope."""
    store = by.stores().select_related("account", "vendor").filter(uuid=store_id).first()
    if store is None:
        raise InvalidInput.of("storeId", "is not a store of yours.")
    return store


def operator_of(*, uid: str, store: Store, by: Principal) -> User:
    """Returns the operator. Raises the same InvalidInput for an unknown operator and for an operator out of scope."""
    # PostgreSQL refuses text with a NUL character. No code contains it.
    found = find_operator(uid=uid, store=store, by=by) if "\0" not in uid else None
    if found is None:
        raise InvalidInput.of("operatorUid", "is not an operator of yours.")
    return found


def uuid_in(text: str | None, *, field: str) -> UUID:
    """Parses a UUID from the query. Raises InvalidInput for a missing or wrong UUID."""
    if not text:
        raise InvalidInput.of(field, "This field is required.")
    try:
        return UUID(text)
    except ValueError:
        raise InvalidInput.of(field, "Send a UUID.") from None


@extend_schema_field({"type": ["string", "null"], "format": "date"})
class DateField(serializers.Field[Any, Any, Any, Any]):
    """A date in the format YYYY-MM-DD only."""

    def to_internal_value(self, data: Any) -> date:
        try:
            return date_in(data if isinstance(data, str) else "", field="x")
        except InvalidInput as error:
            raise serializers.ValidationError(error.errors["x"]) from error

    def to_representation(self, value: date) -> str:
        return value.isoformat()


@extend_schema_field({"type": "number", "example": 1250.5})
class AmountField(serializers.Field[Any, Any, Any, Any]):
    """An exact amount in units of the row's currency. Rows store it in minor units."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(read_only=True, **kwargs)

    def get_attribute(self, instance: Any) -> Any:
        """Returns (minor units, currency)."""
        return getattr(instance, self.source or ""), instance.currency

    def to_representation(self, value: tuple[int, str]) -> Any:
        return money.to_units(*value)
