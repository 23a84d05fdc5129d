"""The forms of people: an invitation, and the settings of a person."""

from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext as _

from cashdesk.domain.caller.principal import Principal
from cashdesk.enums import ROLE_RANK, Language, PlaceKind, Role
from cashdesk.forms.setting_fields import LineField
from cashdesk.forms.setting_form import SettingForm
from cashdesk.models import Place


class RegisterField(forms.ModelChoiceField):  # type: ignore[type-arg]  # the class takes no arguments when it runs
    """A register, named with its store."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.store.number} · {obj}"


class InvitationForm(SettingForm):
    """Whom to invite. Everything but the name can stay as it is."""

    def make_fields(self) -> dict[str, forms.Field]:
        fields: dict[str, forms.Field] = {
            "name": LineField(label=_("Name"), length_max=200, help_text=_("As colleagues know the person.")),
            "email": email_field(
                _("If you enter one, we can send the invitation there. The person can also sign in with it.")
            ),
            "username": LineField(
                label=_("Username"),
                length_max=150,
                required=False,
                help_text=_("The name to sign in with. Leave it empty to make one from the name."),
            ),
        }
        if self.by.has_role(Role.ADMIN):
            fields["role"] = role_field(self.by)
            fields["store"] = store_field(self.by)
        return fields


class PersonForm(SettingForm):
    """Everything about a person that an admin may change on one page."""

    def make_fields(self) -> dict[str, forms.Field]:
        fields: dict[str, forms.Field] = {
            "name": LineField(label=_("Name"), length_max=200),
            "username": LineField(label=_("Username"), length_max=150, help_text=_("The name to sign in with.")),
            "email": email_field(
                _("The person can sign in with it, and gets a link there after a forgotten password.")
            ),
            "rut": LineField(
                label=_("Tax id"), length_max=20, required=False, help_text=_("The person can also sign in with it.")
            ),
            "role": role_field(self.by, current=self.row.role),
            "store": store_field(self.by),
            "register": RegisterField(
                registers(self.by, current=self.row.register_id),
                label=_("Register"),
                required=False,
                empty_label=_("Any free register"),
                help_text=_("The person always opens this register, and nobody else does."),
            ),
            "operator_code": LineField(
                label=_("Operator code"),
                length_max=64,
                required=False,
                help_text=_("The code that the point of sale sends for this person. Empty: %(id)s.")
                % {"id": self.row.pk},
            ),
            "language": forms.ChoiceField(
                label=_("Language"),
                choices=[("", _("As the store")), *Language.choices],
                required=False,
            ),
        }
        if self.by.user is not None and self.by.user.pk == self.row.pk:
            fields["role"].disabled = True
            fields["role"].help_text = _("You cannot change your own role. Ask somebody else.")
        return fields


def email_field(help_text: str) -> forms.EmailField:
    """Returns the field for an e-mail address, which is kept in lower case."""
    return LowerEmailField(
        label=_("E-mail address"),
        required=False,
        help_text=help_text,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )


class LowerEmailField(forms.EmailField):
    """An e-mail address in lower case."""

    def to_python(self, value: Any) -> Any:
        return str(super().to_python(value) or "").lower()


def role_field(by: Principal, *, current: str = "") -> forms.ChoiceField:
    """Returns the field for a role: the `current` one, and those up to the role of the caller."""
    told = {
        Role.CASHIER: _("Cashier: opens, counts and closes a drawer"),
        Role.MANAGER: _("Manager: sees the store, decides about differences, and handles the safe"),
        Role.ADMIN: _("Admin: sees all stores, and changes stores, people and keys"),
    }
    is_superuser = by.user is not None and by.user.is_superuser
    rank = ROLE_RANK[Role.ADMIN] if is_superuser or by.user is None else ROLE_RANK[by.user.role]
    choices = [(role.value, words) for role, words in told.items() if ROLE_RANK[role] <= rank or role == current]
    return forms.ChoiceField(label=_("Role"), choices=choices)


def store_field(by: Principal) -> forms.ModelChoiceField:  # type: ignore[type-arg]
    """Returns the field for the store where a person works."""
    return forms.ModelChoiceField(
        by.stores().order_by("number", "pk"),
        label=_("Store"),
        required=False,
        empty_label=_("No store (admins only)"),
        help_text=_("Cashiers and managers work in one store. Admins see all stores in any case."),
    )


def registers(by: Principal, *, current: int | None) -> Any:
    """Returns the registers that a person can be assigned to: those that are on, and the current one."""
    found = Place.objects.filter(kind=PlaceKind.REGISTER, store__in=by.stores()).select_related("store")
    return found.filter(Q(is_active=True) | Q(pk=current)).order_by("store__number", "number")
