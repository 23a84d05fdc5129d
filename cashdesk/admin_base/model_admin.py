"""The bases of every page of the admin: who may do what, whose rows exist, and how much one page may ask of the database."""

from datetime import date
from typing import TYPE_CHECKING, Any, ClassVar, Final, cast
from uuid import UUID

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.paginator import Paginator
from django.db.models import DateField, Field, ForeignKey, IntegerField, Model, Q, QuerySet, UUIDField
from django.forms import Media, ModelChoiceField, ModelForm
from django.http import Http404, HttpRequest
from django.utils import timezone
from django.utils.functional import cached_property

from cashdesk.admin_base.constraint_words import WordedForm
from cashdesk.admin_base.scopes import rows_of
from cashdesk.domain.caller import audit
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.visibility import note_rows_seen, with_shown_result
from cashdesk.enums import Role
from cashdesk.models import Account, CashSession, Store, User

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
    TabularInline = admin.TabularInline[Any, Any]
    ModelPaginator = Paginator["QuerySet[Any]"]
else:
    ModelAdmin = admin.ModelAdmin
    TabularInline = admin.TabularInline
    ModelPaginator = Paginator

ROWS_LISTED_MAX: Final = 10_000
"""How many rows a list counts and pages through; behind them it is narrowed by filters, not by turning pages."""

STORES_IN_FILTER_MAX: Final = 200


def principal_of(request: HttpRequest) -> Principal:
    """Returns who asks; the admin lets nobody in who is not signed in."""
    if not isinstance(request.user, User):
        raise Http404
    return Principal(user=request.user)


def has_role(request: HttpRequest, role: Role) -> bool:
    """Whether who asks is signed in and may do what `role` may."""
    return isinstance(request.user, User) and request.user.has_role(role)


def is_operator(request: HttpRequest) -> bool:
    """Whether an operator of the installation asks, who knows every account."""
    return has_role(request, Role.ADMIN) and isinstance(request.user, User) and request.user.is_superuser


def note_look(request: HttpRequest, sessions: "QuerySet[CashSession]") -> None:
    """Notes that somebody was shown what is expected in a drawer that was closed without a count and waits for one."""
    by = principal_of(request)
    looked_at = with_shown_result(sessions.select_related("store"), by=by)
    note_rows_seen(rows=looked_at, by=by, at=timezone.now())


def take_over(row: Model, made: Model) -> None:
    """Lets a form's unsaved row stand for the one that the domain made of it."""
    row.__dict__.update(made.__dict__)


class NamedAutocomplete(AutocompleteSelect):
    """Django's choice by typing, with words in it while it is empty, and named by its label for a screen reader."""

    @property
    def media(self) -> Media:
        """With the script that gives it its name."""
        return super().media + Media(js=["cashdesk/autocomplete.js"])

    def build_attrs(self, base_attrs: Any, extra_attrs: Any = None) -> dict[str, Any]:
        """Returns the attributes of the element."""
        attributes = super().build_attrs(base_attrs, extra_attrs)
        return {**attributes, "data-placeholder": f"Choose: {self.field.verbose_name}"}


class BoundedPaginator(ModelPaginator):
    """Counts no further than a person pages: counting a ledger of millions to show its newest fifty would cost seconds."""

    rows_max: ClassVar[int] = ROWS_LISTED_MAX
    do_not_call_in_templates = True  # the list's template reads `rows_max` from the class

    @cached_property
    def count(self) -> int:
        """How many rows there are, at most `rows_max`."""
        rows: QuerySet[Any] = self.object_list  # type: ignore[assignment]  # the admin gives nothing else
        return rows.order_by()[: self.rows_max].count()


class FixedOrder(ChangeList):
    """A list in the one order that an index gives, also to an address that asks for another: ledgers are not sorted."""

    def get_ordering(self, request: HttpRequest, queryset: "QuerySet[Any]") -> list[Any]:
        """Returns the page's own order."""
        return list(self.model_admin.get_ordering(request))


class StoreFilter(admin.SimpleListFilter):
    """Narrows a list to one store; not offered to somebody who knows only one. Django's own would name every store."""

    title = "store"
    parameter_name = "store"
    path = "store"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Returns the stores that who asks may know of."""
        stores = (
            rows_of(Store, by=principal_of(request))
            .select_related("account")
            .order_by("account", "number")[:STORES_IN_FILTER_MAX]
        )
        found = [
            (str(store.pk), f"{store} ({store.account})" if is_operator(request) else str(store)) for store in stores
        ]
        return found if len(found) > 1 or self.value() is not None else []

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Any]") -> "QuerySet[Any]":
        """Returns the rows of the store; of none for a number that is no store's."""
        value = self.value()
        if value is None:
            return queryset
        return (
            queryset.filter(**{f"{self.path}__pk": int(value)})
            if value.isdecimal() and len(value) < 19
            else queryset.none()
        )


class PlaceStoreFilter(StoreFilter):
    """The same for rows that have their store through their place."""

    path = "place__store"


class CashdeskAdmin(ModelAdmin):
    """A page that managers and above may read, of rows that exist for them. Nothing is ever deleted.

    `role_to_add` and `role_to_change` are the least role that may; None: nobody may. `noun` names the row in the audit
    trail. `joined` lists what the rows and the page name, so that each is one query however many rows there are.
    `narrowed_by` lists fields whose exact value another page may link with.
    """

    noun: ClassVar[str] = ""
    role_to_add: ClassVar[Role | None] = None
    role_to_change: ClassVar[Role | None] = None
    joined: ClassVar[tuple[str, ...]] = ()
    narrowed_by: ClassVar[tuple[str, ...]] = ()
    paginator = BoundedPaginator
    form = WordedForm
    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions: tuple[str, ...] | None = None
    ordering: ClassVar[tuple[str, ...]] = ("-pk",)

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Any]":
        """Returns the rows that exist for who asks."""
        rows = rows_of(self.model, by=principal_of(request)).order_by(*self.get_ordering(request))
        return rows.select_related(*self.joined) if self.joined else rows

    def get_list_display(self, request: HttpRequest) -> Any:
        """Leaves out the store for somebody who works in one: it would say the same in every row."""
        if has_role(request, Role.ADMIN):
            return self.list_display
        return [column for column in self.list_display if column != "store"]

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Returns one row. Raises Http404 for a row of others, in the same way as for one that never was."""
        found = super().get_object(request, object_id, from_field)
        if found is None:
            raise Http404
        return found

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Whether the index lists this page."""
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Managers and above may read."""
        return has_role(request, Role.MANAGER)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Whether there is something to add here, for this role."""
        return self.role_to_add is not None and has_role(request, self.role_to_add)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether there is something to change here, for this role."""
        return self.role_to_change is not None and has_role(request, self.role_to_change)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody deletes what money depends on: people are deactivated, tokens revoked."""
        return False

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Only what the page's own filters ask: no list is probed by a column that it does not show, such as a digest."""
        offered = {f"{name}__exact" for name in self.narrowed_by}
        for offer in self.list_filter:
            if isinstance(offer, type):
                offered.add(cast("type[admin.SimpleListFilter]", offer).parameter_name or "")
            else:
                offered |= {f"{offer}__{ending}" for ending in ("exact", "gte", "lt", "isnull")}
        if self.date_hierarchy:
            offered |= {f"{self.date_hierarchy}__{part}" for part in ("year", "month", "day")}
        return lookup in offered

    def get_changeform_initial_data(self, request: HttpRequest) -> Any:
        """Begins a new row in the account of who makes it."""
        return {"account": principal_of(request).account_id, **super().get_changeform_initial_data(request)}

    def formfield_for_foreignkey(
        self, db_field: "ForeignKey[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> "ModelChoiceField[Any] | None":
        """Offers only what exists for who asks, also to a form that was tampered with."""
        kwargs["queryset"] = rows_of(db_field.remote_field.model, by=principal_of(request))
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs["widget"] = NamedAutocomplete(db_field, self.admin_site)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: "ModelForm[Any]", change: bool) -> None:  # noqa: FBT001
        """Saves, and notes in the audit trail who changed which fields (Django's own log is for the admin alone)."""
        self.keep(request, obj, form, change=change)
        account = obj if isinstance(obj, Account) else getattr(obj, "account", None)
        store = obj if isinstance(obj, Store) else getattr(obj, "store", None)
        audit.note(
            action=f"{self.noun}.{'changed' if change else 'created'}",
            subject=f"{self.noun}:{obj.pk}",
            by=principal_of(request),
            at=timezone.now(),
            store=store,
            account=account,
            detail={"fields": sorted(form.changed_data)},
        )

    def keep(self, request: HttpRequest, obj: Any, form: "ModelForm[Any]", *, change: bool) -> None:
        """Writes the row; where the domain has a verb for it, the page calls that instead."""
        obj.save(update_fields=written_fields(form) if change else None)


def written_fields(form: "ModelForm[Any]") -> list[str]:
    """Returns the columns that a form of an existing row writes.

    The application's role may not update the others: `permission denied` would be the answer (docs/postgresql-roles.sql).
    """
    columns = {field.name for field in form.instance._meta.concrete_fields}
    return sorted(columns & form.cleaned_data.keys())


class ReadOnlyAdmin(CashdeskAdmin):
    """A page that everybody only reads: what it shows was written once, by the domain, and stays."""

    sortable_by = ()

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """Lists in one order."""
        return FixedOrder

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Returns every field that the page shows."""
        return self.fields

    def get_search_results(
        self, request: HttpRequest, queryset: "QuerySet[Any]", search_term: str
    ) -> tuple["QuerySet[Any]", bool]:
        """Finds by exact value, from an index: searching inside the texts of a ledger would read all of it."""
        if not search_term.strip():
            return queryset, False
        wanted = Q(pk__in=[])
        for path in self.get_search_fields(request):
            wanted |= exactly(self.model, str(path), search_term.strip())
        return queryset.filter(wanted), False


class ReadOnlyInline(TabularInline):
    """Rows of a page that are read with it."""

    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody adds."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody changes."""
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who may read the page may read them."""
        return has_role(request, Role.MANAGER)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Returns every field that is shown."""
        return self.fields


def exactly(model: type[Model], path: str, text: str) -> Q:
    """Builds the condition that the column at `path` is what somebody typed; of no row when it cannot be."""
    field: Field[Any, Any] = model._meta.pk if path == "pk" else model._meta.get_field(path)  # type: ignore[assignment]
    if isinstance(field, UUIDField):
        try:
            return Q(**{path: UUID(text)})
        except ValueError:
            return Q(pk__in=[])
    if isinstance(field, DateField):
        try:
            return Q(**{path: date.fromisoformat(text)})
        except ValueError:
            return Q(pk__in=[])
    if isinstance(field, IntegerField) or field.is_relation:
        return Q(**{path: int(text)}) if text.isdecimal() and text.isascii() and len(text) < 19 else Q(pk__in=[])
    return Q(**{path: text})
