"""People: cashiers, managers and admins."""

from collections.abc import Iterable
from functools import reduce
from operator import or_
from typing import Any, Final

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Cast, Lower
from django.db.models.lookups import Exact
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from cashdesk.enums import ROLE_RANK, Language, PlaceKind, Role
from cashdesk.models.organisation import Account, Store
from cashdesk.models.place import Place
from cashdesk.models.public_id import PublicIdModel

SIGN_IN_NAMES: Final = {"username": "username", "email": "e-mail address", "rut": "tax id"}
"""The fields that people may sign in with. No two people of the installation have the same value in any of these fields."""


TAKEN: Final = {
    "username": noop("Somebody else already signs in with this. Enter another username."),
    "email": noop("Somebody else already signs in with this. Enter another e-mail address."),
    "rut": noop("Somebody else already signs in with this. Enter another tax id."),
}
"""The error for each of the fields in SIGN_IN_NAMES."""


def is_called(name: str, *, by: Iterable[str] = SIGN_IN_NAMES) -> models.Q:
    """Builds the query condition that one of the fields in `by` equals `name`.

    The condition ignores case in the same way as the database constraints do. An empty name is nobody's.
    """
    # PostgreSQL refuses a parameter with NUL. No real name contains the replacement character, so this finds nobody.
    wanted = Lower(models.Value(name.replace("\0", "\ufffd"), output_field=models.CharField()))
    # Without the condition that the field is not empty, the databases do not use the partial unique indexes.
    fields = (~models.Q(**{field: ""}) & models.Q(Exact(Lower(field), wanted)) for field in by)
    return reduce(or_, fields)


def operator_key(uid: Any) -> models.Func:
    """Builds the form of an operator uid that is used to compare uids: in lower case and without leading zeros."""
    return models.Func(Lower(uid), models.Value("0"), function="LTRIM", output_field=models.CharField())


def operator_uid_of_row() -> models.Case:
    """Builds the query expression for `User.operator_uid`: the operator code, or the id as text if there is no code."""
    has_no_code = models.When(operator_code="", then=Cast("pk", models.CharField()))
    return models.Case(has_no_code, default=models.F("operator_code"), output_field=models.CharField())


class UserManager(BaseUserManager["User"]):
    """Finds people for the sign-in, and creates superusers."""

    def get_by_natural_key(self, username: str | None) -> "User":
        """Returns the person with this username, ignoring case."""
        return self.get(is_called(username or "", by=("username",)))

    def able_to_sign_in(self) -> "models.QuerySet[User]":
        """Returns the active people of active accounts, with their store and register loaded for the request."""
        is_account_active = models.Q(account__isnull=True) | models.Q(account__is_active=True)
        return self.select_related("store", "register").filter(is_account_active, is_active=True)

    def create_superuser(self, username: str, email: str = "", name: str = "", password: str | None = None) -> "User":
        """Creates a superuser (`manage.py createsuperuser`). A superuser belongs to no account and sees every account."""
        user = self.model(username=username, email=email.lower(), name=name, role=Role.ADMIN, is_superuser=True)
        user.set_password(password)
        user.full_clean()
        user.save(using=self._db)
        return user


class User(AbstractBaseUser, PublicIdModel):
    """A person. A cashier or manager works in one store. An admin sees all stores of the account.

    A superuser operates the installation, sees every account, and usually belongs to none.
    """

    username = models.CharField(max_length=150, unique=True)
    email = models.EmailField(blank=True, help_text="Optional. The person can sign in with it.")
    name = models.CharField(max_length=200)
    rut = models.CharField(
        "tax id", max_length=20, blank=True, help_text="RUT or another tax id. The person can sign in with it."
    )
    role = models.CharField(max_length=16, choices=Role.choices, default=Role.CASHIER)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="people", null=True, blank=True)
    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="people", null=True, blank=True)
    register = models.ForeignKey(
        Place,
        on_delete=models.SET_NULL,
        related_name="assigned_people",
        null=True,
        blank=True,
        help_text="The assigned register.",
    )
    operator_code = models.CharField(
        max_length=64, blank=True, help_text="The person's code at tills. Empty: the user id."
    )
    language = models.CharField(
        max_length=8,
        choices=Language.choices,
        blank=True,
        help_text="Language of the pages. Empty: the store's language.",
    )
    is_owner = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    is_superuser = models.BooleanField(default=False)
    access_version = models.PositiveIntegerField(
        default=0, editable=False, help_text="Stored in browser sessions. Increasing it ends them all."
    )
    pin = models.CharField(
        max_length=128, blank=True, editable=False, help_text="The hash of the PIN for the desk. Empty: no PIN."
    )
    second_factor_since = models.DateTimeField(
        null=True, editable=False, help_text="Set while the person must enter a code after the password."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = UserManager()

    is_desk_only = False
    """Whether this is the person of a browser session that began with a PIN. Not stored: the session knows it."""

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["email", "name"]

    class Meta:
        ordering = ("name",)
        verbose_name = "person"
        verbose_name_plural = "people"
        constraints = (
            # People may sign in with any of these three fields, so each is unique in the installation, ignoring case.
            # Only the username is required.
            models.UniqueConstraint(Lower("username"), name="person_username_once"),
            models.UniqueConstraint(Lower("email"), condition=~models.Q(email=""), name="person_email_once"),
            models.UniqueConstraint(Lower("rut"), condition=~models.Q(rut=""), name="person_rut_once"),
            models.UniqueConstraint(
                fields=("account", "operator_code"),
                condition=~models.Q(operator_code=""),
                name="person_operator_code_once_per_account",
            ),
            models.CheckConstraint(
                condition=models.Q(account__isnull=False) | models.Q(is_superuser=True),
                name="person_belongs_to_an_account",
            ),
        )

    def __str__(self) -> str:
        return self.name or self.username

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Saves the person. Sets `updated_at`, unless only the time of the last sign-in is saved."""
        fields = kwargs.get("update_fields")
        if fields is not None and set(fields) - {"last_login"}:
            kwargs["update_fields"] = {*fields, "updated_at"}
        super().save(*args, **kwargs)

    def clean(self) -> None:
        """Checks the rules that span several fields or people. Raises ValidationError for:

        - a sign-in name or an operator code that another person has,
        - a store of another account,
        - a register of another store,
        - a cashier or manager without a store.
        """
        super().clean()
        self._refuse_names_of_others()
        self._refuse_operator_uid_of_others()
        if self.store is not None and self.store.account_id != self.account_id:
            raise ValidationError({"store": _("Choose a store of the person's account.")})
        register = self.register
        if register is not None and (register.store_id != self.store_id or register.kind != PlaceKind.REGISTER):
            raise ValidationError({"register": _("Choose a register of the person's store.")})
        if self.store is None and self.role != Role.ADMIN:
            raise ValidationError({"store": _("Choose a store. Cashiers and managers work in one store.")})

    def _refuse_names_of_others(self) -> None:
        """Raises ValidationError for a username, e-mail address or tax id with which another person may sign in.

        A trigger of the database enforces the same rule.
        """
        others = User.objects.exclude(pk=self.pk)
        taken = {
            field: _(told)
            for field, told in TAKEN.items()
            if getattr(self, field) and others.filter(is_called(getattr(self, field))).exists()
        }
        if taken:
            raise ValidationError(taken)

    def _refuse_operator_uid_of_others(self) -> None:
        """Raises ValidationError for an operator uid that another person of the account already has."""
        self.operator_code = self.operator_code.strip()
        if any(character.isdigit() and not character.isascii() for character in self.operator_code):
            raise ValidationError({"operator_code": _("Use the digits 0 to 9.")})
        if self.account_id is None or (not self.operator_code and self.pk is None):
            return
        uid = models.Value(self.operator_uid, output_field=models.CharField())
        other = (
            User.objects.filter(account_id=self.account_id)
            .exclude(pk=self.pk)
            .annotate(key=operator_key(operator_uid_of_row()))
            .filter(key=operator_key(uid))
            .first()
        )
        if other is None:
            return
        told = (
            _("%(name)s already has %(code)s. Enter another code.")
            if self.operator_code
            else _("%(name)s already has %(code)s. Enter a code. Without one the user id is the code.")
        )
        raise ValidationError({"operator_code": told % {"name": other, "code": other.operator_uid}})

    def _get_session_auth_hash(self, secret: Any = None) -> str:
        """Returns the hash that Django stores in a browser session and compares at each request.

        It changes with the password and with `access_version`. So a change of either ends all older sessions.
        """
        held = f"{self.access_version}:{self.password}"
        return str(salted_hmac("cashdesk.session", held, secret=secret, algorithm="sha256").hexdigest())

    @property
    def may_sign_in(self) -> bool:
        """Whether both the person and their account are active."""
        return self.is_active and (self.account is None or self.account.is_active)

    @property
    def is_staff(self) -> bool:
        """Whether the person may enter the admin. Managers, admins and superusers may."""
        return self.has_role(Role.MANAGER)

    def has_role(self, role: Role) -> bool:
        """Whether the person has this role or a higher one. After a sign-in by PIN, everybody is a cashier."""
        if self.is_desk_only:
            return self.is_active and role == Role.CASHIER
        return self.is_active and (self.is_superuser or ROLE_RANK[self.role] >= ROLE_RANK[role])

    @property
    def operator_uid(self) -> str:
        """The operator code, or the id as text if the person has no code (docs/contracts.md, section 3)."""
        return self.operator_code or str(self.pk)

    def get_full_name(self) -> str:
        """Returns the name for Django's admin."""
        return str(self)

    def get_short_name(self) -> str:
        """Returns the name for Django's admin."""
        return str(self)

    # Django's admin calls the next two methods. The classes in cashdesk.admin decide what a person may do on each page.
    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Whether Django grants the person a permission. True for everybody who may enter the admin."""
        return self.is_staff

    def has_module_perms(self, app_label: str) -> bool:
        """Whether Django's admin lists an app for the person. True for everybody who may enter the admin."""
        return self.is_staff
