"""An API key as its program reads it."""

from typing import Any

from rest_framework import serializers

from cashdesk.enums import Scope
from cashdesk.models import AccessToken
from cashdesk.web.fields import RowSerializer


class OwnerSerializer(serializers.Serializer[Any]):
    """The account or the vendor of a key."""

    id = serializers.UUIDField(source="uuid")
    name = serializers.CharField()


class KeySerializer(RowSerializer[AccessToken]):
    """An API key, without its secret."""

    account = OwnerSerializer(allow_null=True)
    vendor = OwnerSerializer(allow_null=True, help_text="The vendor that the key is bound to.")
    store = serializers.CharField(
        source="store.number", default=None, allow_null=True, help_text="Number of the store that the key is bound to."
    )
    store_id = serializers.UUIDField(source="store.uuid", default=None, allow_null=True)
    station = serializers.IntegerField(
        source="register.number", default=None, allow_null=True, help_text="The register that the key is bound to."
    )
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=Scope.choices))

    class Meta:
        model = AccessToken
        fields = (
            "name", "prefix", "scopes", "account", "vendor", "store", "store_id", "station", "created_at", "expires_at",
        )  # fmt: skip
