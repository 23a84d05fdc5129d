"""The admin pages of accounts, vendors and stores."""

from typing import Any, ClassVar, Final

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cashdesk.admin_base.columns import NOTHING, moment, money
from cashdesk.admin_base.forms import RefusableForm
from cashdesk.admin_base.model_admin import CashdeskAdmin, is_operator, principal_of, take_over, written_fields
from cashdesk.denominations import denominations_of
from cashdesk.domain.counting.second_look import second_look_limit
from cashdesk.domain.store.changes_while_open import refuse_change_of_account, refuse_change_of_store
from cashdesk.domain.store.organisation import create_account
from cashdesk.domain.store.store_settings import add_store, change_store
from cashdesk.enums import Role
from cashdesk.errors import InvalidInput
from cashdesk.formats import amount_typed, style
from cashdesk.models import Account, Store, Vendor

REGISTERS_MAX = 99


class AccountForm(RefusableForm):
    def refuse_change(self) -> None:
        refuse_change_of_account(self.instance)


@admin.register(Account)
class AccountAdmin(CashdeskAdmin):
    """Superusers of the installation create and change accounts. Everyone else can only read their own account."""

    noun = "account"
    role_to_add = role_to_change = Role.ADMIN
    form = AccountForm
    list_display = ("name", "is_active", moment("created_at", store=""))
    list_filter = ("is_active",)
    search_fields = ("name",)
    ordering = ("name",)
    fields = ("name", "is_active", "uuid", moment("created_at", store=""))
    readonly_fields = ("uuid", fields[-1])

    def has_add_permission(self, request: HttpRequest) -> bool:
        return is_operator(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_add_permission(request)

    def keep(self, request: HttpRequest, obj: Account, form: "forms.ModelForm[Any]", *, change: bool) -> None:
        """Saves a changed account, or creates a new account with the usual payment methods."""
        if change:
            super().keep(request, obj, form, change=change)
        else:
            take_over(obj, create_account(name=obj.name))


@admin.register(Vendor)
class VendorAdmin(CashdeskAdmin):
    noun = "vendor"
    role_to_add = role_to_change = Role.ADMIN
    list_display = ("name", "account")
    joined = ("account",)
    search_fields = ("name",)
    ordering = ("name",)
    fields = ("account", "name", "uuid")
    autocomplete_fields = ("account",)

    def get_readonly_fields(self, request: HttpRequest, obj: Vendor | None = None) -> Any:
        return ("uuid",) if obj is None else ("uuid", "account")


class FloatWidget(forms.Widget):
    """One number input per note and coin. Empty inputs are not part of the float."""

    template_name = "admin/cashdesk/usual_float.html"

    def __init__(self, currency: str) -> None:
        super().__init__()
        self.currency = currency
        self.worths = list(dict.fromkeys(piece.value for piece in denominations_of(currency)))

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        """Adds a line per note and coin. `value` maps face values to the typed or stored number of pieces."""
        pieces = value or {}
        lines = [
            {
                "name": f"{name}-{worth}",
                "face": style().face(worth, self.currency),
                "pieces": pieces.get(str(worth), ""),
            }
            for worth in self.worths
        ]
        return {**super().get_context(name, value, attrs), "lines": lines, "currency": self.currency}

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        """Renders with the project's templates, because Django's form renderer does not find them."""
        return render_to_string(self.template_name, self.get_context(name, value, attrs))

    def value_from_datadict(self, data: Any, files: Any, name: str) -> dict[str, str]:
        typed = {str(worth): str(data.get(f"{name}-{worth}", "")).strip() for worth in self.worths}
        return {worth: pieces for worth, pieces in typed.items() if pieces}

    def use_required_attribute(self, initial: Any) -> bool:
        return False

    def id_for_label(self, id_: str) -> str:
        return ""


class FloatField(forms.Field):
    """The usual float. Text that is not a number stays as it was typed, and the model refuses it."""

    def __init__(self, currency: str) -> None:
        super().__init__(
            widget=FloatWidget(currency),
            required=False,
            label=gettext_lazy("Usual float"),
            help_text=gettext_lazy(
                "Pieces of each note and coin. Offered when a drawer is opened, and left in the drawer at the close."
            ),
        )

    def to_python(self, value: Any) -> dict[str, Any]:
        """Returns the number of pieces for each face value, without zeros."""
        read = {worth: int(typed) if typed.isascii() and typed.isdigit() else typed for worth, typed in value.items()}
        return {worth: pieces for worth, pieces in read.items() if pieces != 0}

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self.to_python(data or {}) != (initial or {})


AMOUNTS: Final = (
    "tolerance_minor", "escalation_minor", "float_minor", "witness_minor", "register_look_minor", "vault_look_minor",
)  # fmt: skip
LOOKED_AT: Final = {
    "register_look_minor": gettext_lazy(
        "In units of the currency. The page asks again before it books larger amounts paid in, paid out, dropped or lent."
    ),
    "vault_look_minor": gettext_lazy(
        "In units of the currency. The page asks again before it books larger deposits, change from the bank, and amounts "
        "paid into or out of the safe."
    ),
}


class StoreForm(RefusableForm):
    """The form of a store. For a new store, it also asks for the number of registers."""

    def refuse_change(self) -> None:
        refuse_change_of_store(self.instance)

    tolerance_minor = forms.CharField(
        label=gettext_lazy("Tolerance"),
        initial="0",
        help_text=gettext_lazy("In units of the currency, such as 2.50."),
        error_messages={"required": gettext_lazy("Enter an amount.")},
    )
    escalation_minor = forms.CharField(
        label=gettext_lazy("Second limit"),
        required=False,
        help_text=gettext_lazy(
            "In units of the currency. An admin must sign off larger differences. If empty, there is no second limit."
        ),
    )
    float_minor = forms.CharField(
        label=gettext_lazy("Usual float as one amount"),
        required=False,
        help_text=gettext_lazy(
            "In units of the currency. Used if the usual float has no notes and coins. If empty, there is none."
        ),
    )
    witness_minor = forms.CharField(
        label=gettext_lazy("Witness above"),
        required=False,
        help_text=gettext_lazy(
            "In units of the currency. A second person must confirm larger counts at the desk. If empty, "
            "no count needs a second person."
        ),
    )
    register_look_minor = forms.CharField(label=gettext_lazy("Second look above, at a register"), required=False)
    vault_look_minor = forms.CharField(label=gettext_lazy("Second look above, in the safe"), required=False)
    registers = forms.IntegerField(
        label=gettext_lazy("Registers"),
        min_value=0,
        max_value=REGISTERS_MAX,
        initial=1,
        help_text=gettext_lazy("Stations 1 and up. Opening a drawer adds more if needed."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is not None:
            self.fields.pop("registers", None)
            for name in AMOUNTS:
                amount = getattr(self.instance, name)
                self.initial[name] = "" if amount is None else style().digits(amount, self.instance.currency)
        for name, words in LOOKED_AT.items():
            if name in self.fields:
                self.fields[name].help_text = self._look_help(str(words), is_vault=name == "vault_look_minor")
        if "language" in self.fields:
            # An empty choice keeps the language. A new store gets English.
            self.fields["language"].required = False
        if "float_template" in self.fields:
            self.fields["float_template"] = FloatField(self.instance.currency)

    def clean_tolerance_minor(self) -> int:
        return self._minor("tolerance_minor")

    def clean_float_minor(self) -> int:
        return self._minor("float_minor") if self.cleaned_data["float_minor"] else 0

    def clean_escalation_minor(self) -> int | None:
        return self._minor("escalation_minor") if self.cleaned_data["escalation_minor"] else None

    def clean_witness_minor(self) -> int | None:
        return self._minor("witness_minor") if self.cleaned_data["witness_minor"] else None

    def clean_register_look_minor(self) -> int | None:
        return self._minor("register_look_minor") if self.cleaned_data["register_look_minor"] else None

    def clean_vault_look_minor(self) -> int | None:
        return self._minor("vault_look_minor") if self.cleaned_data["vault_look_minor"] else None

    def _look_help(self, words: str, *, is_vault: bool) -> str:
        """Returns the help text of a limit for the second look, with the default limit of the store's currency."""
        if self.instance.pk is None:
            told = _("If empty, the default of the currency applies.")
            return f"{words} {told}"
        unset = Store(currency=self.instance.currency)
        limit = second_look_limit(store=unset, is_vault=is_vault)
        default = style().amount(limit, unset.currency) if limit is not None else _("no limit")
        told = _("If empty, the default applies: %(limit)s.") % {"limit": default}
        return f"{words} {told}"

    def _minor(self, name: str) -> int:
        """Parses an amount into minor units.

        The currency is the one in the form. If the form has no currency, it is the currency of the store.
        """
        currency = self.cleaned_data.get("currency", self.instance.currency)
        try:
            return amount_typed(self.cleaned_data[name], currency, field=name)
        except InvalidInput as error:
            raise forms.ValidationError([*error.on_pages.values()]) from error


@admin.register(Store)
class StoreAdmin(CashdeskAdmin):
    """Stores. After money has moved in a store, nobody can change the store's number or currency."""

    noun = "store"
    is_noted_by_domain = True
    role_to_add = role_to_change = Role.ADMIN
    form = StoreForm
    list_display = ("number", "name", "account", "currency", "time_zone", "cut_off_hour", "is_active")
    list_display_links = ("number", "name")
    joined = ("account", "vendor")
    list_filter = ("is_active",)
    search_fields = ("number", "name")
    ordering = ("account", "number")
    autocomplete_fields = ("account", "vendor")
    created_at: ClassVar[Any] = moment("created_at", store="")
    basics = (
        "account",
        "vendor",
        "number",
        "name",
        "currency",
        "time_zone",
        "cut_off_hour",
        "tolerance_minor",
        "tolerance_basis_points",
        "escalation_minor",
        "four_eyes",
        "float_minor",
        "witness_minor",
        "register_look_minor",
        "vault_look_minor",
        "closes_stale_sessions",
        "requires_settlement",
        "pin_sign_in",
        "language",
    )

    def get_fields(self, request: HttpRequest, obj: Store | None = None) -> Any:
        """Adds the number of registers for a new store. An existing store has more fields, such as its usual float."""
        amounts = {
            "tolerance_minor": money("tolerance_minor", label=gettext_lazy("Tolerance")),
            "escalation_minor": money("escalation_minor", label=gettext_lazy("Second limit")),
            "float_minor": money("float_minor", label=gettext_lazy("Usual float as one amount")),
            "witness_minor": money("witness_minor", label=gettext_lazy("Witness above")),
            "register_look_minor": money("register_look_minor", label=gettext_lazy("Second look above, at a register")),
            "vault_look_minor": money("vault_look_minor", label=gettext_lazy("Second look above, in the safe")),
        }
        if obj is None:
            return (*self.basics, "registers")
        reads = not self.has_change_permission(request, obj)
        basics = [amounts.get(name, name) if reads else name for name in self.basics]
        usual = "shown_float" if reads else "float_template"
        return (*basics, usual, "is_active", "uuid", StoreAdmin.created_at)

    @admin.display(description=gettext_lazy("Usual float"))
    def shown_float(self, store: Store) -> str:
        lines = [f"{pieces} × {style().face(worth, store.currency)}" for worth, pieces in store.usual_float.items()]
        return ", ".join(lines) or NOTHING

    def get_readonly_fields(self, request: HttpRequest, obj: Store | None = None) -> Any:
        if obj is None:
            return ()
        if not self.has_change_permission(request, obj):
            return self.get_fields(request, obj)
        fixed = ("account", "uuid", StoreAdmin.created_at)
        return (*fixed, "number", "currency") if obj.movements.exists() else fixed

    def keep(self, request: HttpRequest, obj: Store, form: "forms.ModelForm[Any]", *, change: bool) -> None:
        """Saves the store, and creates the vault, registers and outside places of a new store."""
        by, at = principal_of(request), timezone.now()
        if change:
            change_store(store=obj, fields=written_fields(form), by=by, at=at)
        else:
            add_store(store=obj, registers=form.cleaned_data["registers"], by=by, at=at)
