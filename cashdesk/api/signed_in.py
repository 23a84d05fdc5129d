"""The signed-in person and their stores, in the formats of the cash-sessions API and of the shifts API."""

from typing import Final

from rest_framework import serializers

from cashdesk.enums import Role, Scope
from cashdesk.models import Store, User
from cashdesk.web.fields import RowSerializer

FOR_MANAGERS: Final = (Scope.CASH_MANAGEMENT_READ, Scope.CASH_MANAGEMENT_WRITE)
"""The scopes whose calls cashiers may not make."""

MENUS: Final = {"Caja": Role.CASHIER, "Vendedores": Role.MANAGER}
"""The menus of the first original's front end that Cashdesk serves, with the role for them.

The front end shows a menu if `permissions` has its name with `true`, and closes a page whose name has `false`.
"""

EMAIL: Final = "E-mail address. Empty if the person has none."


class PersonSerializer(RowSerializer[User]):
    """A person in the format of the cash-sessions API."""

    email = serializers.CharField(help_text=EMAIL)

    class Meta:
        model = User
        fields: tuple[str, ...] = ("id", "name", "email", "rut", "role", "is_active", "is_owner")


class SignedInPersonSerializer(PersonSerializer):
    """The signed-in person, with the fields that clients of the cash-sessions API read at the sign-in."""

    full_name = serializers.CharField(source="name")

    class Meta(PersonSerializer.Meta):
        fields = (*PersonSerializer.Meta.fields, "full_name", "is_superuser")


class TenantSerializer(RowSerializer[Store]):
    """A store in which the person may work. The cash-sessions API calls it a tenant.

    The context has the person as `user`.
    """

    rut = serializers.SerializerMethodField(help_text="Always empty, because Cashdesk stores no tax id of a store.")
    role_name = serializers.SerializerMethodField(help_text="The person's role there: cashier, manager or admin.")
    max_users = serializers.SerializerMethodField(help_text="Always 0, because the number of people has no limit.")
    permissions = serializers.SerializerMethodField(
        help_text="For each scope whether the role may make its calls, and `true` for each menu of the original's front "
        "end that the role may open."
    )

    class Meta:
        model = Store
        fields = ("id", "name", "rut", "role_name", "is_active", "max_users", "permissions")

    def get_rut(self, store: Store) -> str:
        return ""

    def get_role_name(self, store: Store) -> str:
        user: User = self.context["user"]
        return Role.ADMIN.value if user.is_superuser else user.role

    def get_max_users(self, store: Store) -> int:
        return 0

    def get_permissions(self, store: Store) -> dict[str, bool]:
        """Returns what the role may do. Only managers and higher roles have the scopes of cash management."""
        user: User = self.context["user"]
        is_manager = user.has_role(Role.MANAGER)
        scopes = {scope.value: is_manager or scope not in FOR_MANAGERS for scope in Scope}
        return scopes | {menu: True for menu, role in MENUS.items() if user.has_role(role)}


class ProfileSerializer(RowSerializer[User]):
    """A person in the format of the shifts API, where the id is a UUID."""

    id = serializers.UUIDField(source="uuid")
    email = serializers.CharField(help_text=EMAIL)
    store = serializers.CharField(
        source="store.number", default=None, allow_null=True, help_text="Number of the store."
    )
    station = serializers.IntegerField(
        source="register.number", default=None, allow_null=True, help_text="Assigned register."
    )
    avatar = serializers.CharField(default=None, allow_null=True, help_text="Always null: no pictures are kept.")

    class Meta:
        model = User
        fields = (
            "id",
            "username",
            "name",
            "email",
            "rut",
            "role",
            "is_active",
            "is_owner",
            "store",
            "station",
            "avatar",
            "created_at",
            "updated_at",
        )
