"""The admin pages of people. Nobody can delete a person, because the ledger refers to people. Admins deactivate them."""

from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.auth import password_validation
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import BaseUserCreationForm
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db.models import Field, Q
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cashdesk.admin_base.action_pages import ActForm, Acting, ActPage, Done
from cashdesk.admin_base.columns import moment
from cashdesk.admin_base.constraint_words import WordedForm
from cashdesk.admin_base.forms import RefusableForm
from cashdesk.admin_base.model_admin import StoreFilter, is_operator, principal_of, take_over, written_fields
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.people.api_key import keys_issued_by
from cashdesk.domain.people.one_time_link import has_role_to_let_in
from cashdesk.domain.people.person import add_person, change_person, set_password, unlock_person
from cashdesk.domain.people.second_factor import has_wrong_codes, remove_second_factor
from cashdesk.domain.people.sign_in_throttle import recent_tries
from cashdesk.domain.store.changes_while_open import refuse_change_of_person
from cashdesk.enums import ROLE_RANK, PlaceKind, Role
from cashdesk.models import Place, User

# Roles are a field of the person, so Django's page for permission groups would have no effect.
admin.site.unregister(Group)


class NewPersonForm(WordedForm, BaseUserCreationForm):  # type: ignore[type-arg]  # the class takes no arguments when it runs
    """Creates a person. The password is typed twice and checked by Django's validators."""

    class Meta(BaseUserCreationForm.Meta):
        model = User
        fields = ("account", "username", "email", "name", "rut", "role", "store", "operator_code", "is_owner")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Only superusers of the installation may have no account, and this form does not create superusers.
        self.fields["account"].required = True
        # The page focuses its first field; a second autofocus makes the browser log a warning.
        self.fields["username"].widget.attrs.pop("autofocus", None)


class PersonForm(RefusableForm):
    """Changes a person. The register must belong to the person's store."""

    def refuse_change(self) -> None:
        refuse_change_of_person(self.instance)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "register" in self.fields:
            registers = Place.objects.filter(kind=PlaceKind.REGISTER).filter(
                Q(store=self.instance.store_id) | Q(pk=self.instance.register_id)
            )
            self.fields["register"].queryset = registers.order_by("number")  # type: ignore[attr-defined]


class PasswordForm(ActForm):
    password1 = forms.CharField(
        label=gettext_lazy("New password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=password_validation.password_validators_help_text_html,
    )
    password2 = forms.CharField(
        label=gettext_lazy("Repeat new password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any]:
        first, second = (self.cleaned_data.get(name) for name in ("password1", "password2"))
        if first and second:
            if first != second:
                self.add_error("password2", _("The two passwords do not match."))
            else:
                self._judge(second)
        return self.cleaned_data

    def _judge(self, password: str) -> None:
        try:
            password_validation.validate_password(password, self.row)
        except ValidationError as error:
            self.add_error("password2", error)


class SetPassword(ActPage):
    name = "password"
    label = gettext_lazy("Set a new password")
    explanation = gettext_lazy("This signs the person out everywhere. After that they sign in with the new password.")
    form = PasswordForm
    role = Role.ADMIN

    def do(self, row: User, form: PasswordForm, *, by: Principal, at: datetime) -> Done:
        set_password(user=row, password=form.cleaned_data["password1"], by=by, at=at)
        return Done(message=_("%(name)s has a new password and is signed out everywhere.") % {"name": row})


class Unlock(ActPage):
    name = "unlock"
    label = gettext_lazy("Unlock sign-in")
    explanation = gettext_lazy(
        "This deletes the wrong passwords of the last hour, and wrong codes. The person can sign in at once."
    )
    form = ActForm

    def is_offered(self, row: User, *, by: Principal) -> bool:
        has_tries = recent_tries(row, at=timezone.now()).exists() or has_wrong_codes(row)
        return (by.user is None or row.pk != by.user.pk) and has_tries

    def do(self, row: User, form: ActForm, *, by: Principal, at: datetime) -> Done:
        tries = unlock_person(user=row, by=by, at=at)
        return Done(
            message=_("%(name)s can sign in at once. Deleted wrong tries: %(number)s.") % {"name": row, "number": tries}
        )


class RemoveSecondFactor(ActPage):
    name = "remove-second-factor"
    label = gettext_lazy("Remove second factor")
    explanation = gettext_lazy(
        "For a person who lost their phone and their recovery codes. Make sure that it is really them who ask. "
        "This signs them out everywhere. After that the password alone signs them in, until they add a new second factor."
    )
    form = ActForm
    role = Role.ADMIN

    def is_offered(self, row: User, *, by: Principal) -> bool:
        return row.second_factor_since is not None and (by.user is None or row.pk != by.user.pk)

    def do(self, row: User, form: ActForm, *, by: Principal, at: datetime) -> Done:
        remove_second_factor(user=row, by=by, at=at)
        return Done(message=_("%(name)s has no second factor now, and is signed out everywhere.") % {"name": row})


@admin.register(User)
class PersonAdmin(Acting, UserAdmin):  # type: ignore[type-arg]  # the class takes no arguments when it runs
    """Cashiers, managers and admins. Nobody can grant a role above their own or deactivate themselves."""

    noun = "person"
    is_noted_by_domain = True
    acts = (SetPassword(), Unlock(), RemoveSecondFactor())
    role_to_add = role_to_change = Role.ADMIN
    form = PersonForm
    add_form = NewPersonForm
    add_form_template = None
    filter_horizontal = ()
    list_display = ("name", "username", "email", "role", "store", "register", "is_active")
    joined = ("account", "store", "register")
    list_filter = (StoreFilter, "role", "is_active")
    search_fields = ("name", "username", "email", "rut", "operator_code")
    ordering = ("name", "pk")
    autocomplete_fields = ("account", "store")
    created_at: ClassVar[Any] = moment("created_at")
    last_login: ClassVar[Any] = moment("last_login", label=gettext_lazy("Last sign-in here"))
    second_factor_since: ClassVar[Any] = moment("second_factor_since", label=gettext_lazy("Second factor since"))
    add_fieldsets = (
        (
            None,
            {
                "fields": (
                    "account",
                    "username",
                    "email",
                    "name",
                    "rut",
                    "role",
                    "store",
                    "operator_code",
                    "is_owner",
                    "password1",
                    "password2",
                )
            },
        ),
    )
    fieldsets = (
        (None, {"fields": ("name", "username", "email", "rut", "password_link", "one_time_link")}),
        (
            gettext_lazy("Work"),
            {"fields": ("account", "role", "store", "register", "operator_code", "language", "is_owner", "is_active")},
        ),
        (gettext_lazy("Record"), {"fields": ("uuid", created_at, last_login, second_factor_since)}),
    )

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only superusers of the installation may change a superuser."""
        return super().has_change_permission(request, obj) and (
            obj is None or not obj.is_superuser or is_operator(request)
        )

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Makes the account read-only. The signed-in person also cannot change their own role and active flag."""
        if obj is None:
            return ()
        moments = (PersonAdmin.created_at, PersonAdmin.last_login, PersonAdmin.second_factor_since)
        fixed = ("account", "uuid", *moments, "password_link", "one_time_link")
        return (*fixed, "role", "is_active") if obj == request.user else fixed

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Shows each way to a new password to the people who may use it."""
        if obj is None:
            return super().get_fieldsets(request, obj)
        by = principal_of(request)
        ways = {"password_link": by.has_role(Role.ADMIN), "one_time_link": has_role_to_let_in(obj, by=by)}
        hidden = {name for name, is_allowed in ways.items() if not is_allowed}
        return tuple(
            (title, {"fields": tuple(name for name in options["fields"] if name not in hidden)})
            for title, options in self.fieldsets
        )

    def formfield_for_choice_field(self, db_field: "Field[Any, Any]", request: HttpRequest, **kwargs: Any) -> Any:
        """Offers only roles up to the role of the signed-in person."""
        if db_field.name == "role" and isinstance(request.user, User) and not request.user.is_superuser:
            rank = ROLE_RANK[request.user.role]
            kwargs["choices"] = [(role.value, _(role.label)) for role in Role if ROLE_RANK[role] <= rank]
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Validates the form again if another transaction took a unique name in the meantime.

        The form then shows the error and keeps the input.
        """
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except ValidationError:
            return super().changeform_view(request, object_id, form_url, extra_context)

    def keep(self, request: HttpRequest, obj: User, form: "forms.ModelForm[Any]", *, change: bool) -> None:
        """Creates or changes the person through the domain.

        If the person was deactivated, warns about API keys that they issued and that still work. The person may know
        the secrets of these keys.
        """
        if change:
            at = timezone.now()
            change_person(user=obj, fields=written_fields(form), by=principal_of(request), at=at)
            keys = keys_issued_by(obj, at=at) if "is_active" in form.changed_data and not obj.is_active else []
            if keys:
                named = ", ".join(f"{key.name} ({key})" for key in keys)
                told = _(
                    "API keys that %(name)s issued still work: %(keys)s. "
                    "Rotate or revoke those whose secret %(name)s may know."
                )
                self.message_user(request, told % {"name": obj, "keys": named}, messages.WARNING)
            return
        given = {name: form.cleaned_data[name] for name in NewPersonForm.Meta.fields}
        by, at = principal_of(request), timezone.now()
        take_over(obj, add_person(**given, password=form.cleaned_data["password1"], by=by, at=at))

    @admin.display(description=gettext_lazy("Password"))
    def password_link(self, person: User) -> SafeString:
        """Shows a link to set a new password. No page shows the stored hash."""
        return format_html(
            '<a href="{}">{}</a>', reverse("admin:auth_user_password_change", args=[person.pk]), _("Set a new password")
        )

    @admin.display(description=gettext_lazy("Forgotten password"))
    def one_time_link(self, person: User) -> SafeString:
        """Shows a link to the page that makes a code, with which the person chooses a password."""
        return format_html(
            '<a href="{}">{}</a>', reverse("person-new-password", args=[person.uuid]), _("Make a one-time code")
        )
