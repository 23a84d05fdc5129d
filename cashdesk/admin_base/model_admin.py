"""Base classes of the admin's pages: permissions, visible rows, and limits on the rows that a page reads."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final, cast

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.contrib.admin.widgets import AutocompleteSelect
from django.db.models import ForeignKey, Model, Q, QuerySet, prefetch_related_objects
from django.forms import Media, ModelChoiceField, ModelForm
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cashdesk.admin_base.additions import additions_to
from cashdesk.admin_base.calendar import steps_of
from cashdesk.admin_base.carried_order import CarriedOrder
from cashdesk.admin_base.columns import UUID_SHOWN
from cashdesk.admin_base.constraint_words import WordedForm
from cashdesk.admin_base.exact_search import exactly
from cashdesk.admin_base.history import EnglishHistory
from cashdesk.admin_base.paginator import BoundedPaginator
from cashdesk.admin_base.scopes import rows_of
from cashdesk.domain.caller import audit
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.visibility import note_rows_seen, with_shown_result
from cashdesk.enums import Role
from cashdesk.models import Account, CashSession, Store, User

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
    TabularInline = admin.TabularInline[Any, Any]
else:
    ModelAdmin = admin.ModelAdmin
    TabularInline = admin.TabularInline

STORES_IN_FILTER_MAX: Final = 200

PEOPLE_FOUND_MAX: Final = 200
"""How many people a search by name looks at."""

ID_DIGITS_MAX: Final = 18
"""Every number of so many digits fits into a column for ids."""


def principal_of(request: HttpRequest) -> Principal:
    """Returns the signed-in person as a Principal. Raises Http404 if nobody is signed in."""
    if not isinstance(request.user, User):
        raise Http404
    return Principal(user=request.user)


def is_id(text: str) -> bool:
    """Whether a text in a URL can be the id of a row."""
    return text.isascii() and text.isdecimal() and len(text) <= ID_DIGITS_MAX


def has_role(request: HttpRequest, role: Role) -> bool:
    """Whether a person is signed in and has at least this role."""
    return isinstance(request.user, User) and request.user.has_role(role)


def is_operator(request: HttpRequest) -> bool:
    """Whether the signed-in person is a superuser of the installation. Superusers see every account."""
    return has_role(request, Role.ADMIN) and isinstance(request.user, User) and request.user.is_superuser


def note_look(request: HttpRequest, sessions: "QuerySet[CashSession]") -> None:
    """Writes an audit entry per store if the page shows expected amounts of uncounted drawers (law 5).

    `sessions` are the sessions on the page. The entry lists only those whose drawer still needs a count.
    """
    by = principal_of(request)
    looked_at = with_shown_result(sessions.select_related("store"), by=by)
    note_rows_seen(rows=looked_at, by=by, at=timezone.now())


def take_over(row: Model, made: Model) -> None:
    """Copies the row that the domain created into the unsaved row of the form."""
    row.__dict__.update(made.__dict__)


class NamedAutocomplete(AutocompleteSelect):
    """Django's autocomplete with a placeholder and a label for screen readers."""

    @property
    def media(self) -> Media:
        return super().media + Media(js=["cashdesk/autocomplete.js"])

    def build_attrs(self, base_attrs: Any, extra_attrs: Any = None) -> dict[str, Any]:
        attributes = super().build_attrs(base_attrs, extra_attrs)
        return {**attributes, "data-placeholder": _("Choose: %(name)s") % {"name": self.field.verbose_name}}

    def optgroups(self, name: str, value: Sequence[str], attr: dict[str, Any] | None = None) -> list[Any]:
        """Leaves out what is no id. Django would ask the database for it, and fail instead of refusing the form."""
        return super().optgroups(name, [one for one in value if not one or is_id(one)], attr)


class StoreFilter(admin.SimpleListFilter):
    """Filters by store. It is hidden from people with one store. Django's own filter would list every store."""

    title = gettext_lazy("Store")
    parameter_name = "store"
    path = "store"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
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
        value = self.value()
        if value is None:
            return queryset
        return queryset.filter(**{f"{self.path}__pk": int(value)}) if is_id(value) else queryset.none()


def is_of_one_store(request: HttpRequest) -> bool:
    """Whether a list shows the rows of one store only, so that it can follow an index of the store."""
    return not has_role(request, Role.ADMIN) or is_id(request.GET.get(StoreFilter.parameter_name, ""))


class PlaceStoreFilter(StoreFilter):
    """Filters by store, for rows that belong to a store through their place."""

    path = "place__store"


class CashdeskAdmin(EnglishHistory, ModelAdmin):
    """A page for managers and higher roles, limited to the rows in their scope. Nobody can delete a row.

    `role_to_add` and `role_to_change` are the lowest roles that may add or change rows; None means nobody. `noun` names
    the row in the audit trail. `joined` lists the relations that the page shows, so that it needs one query for all rows.
    `narrowed_by` lists the fields by which links from other pages may filter. `is_noted_by_domain` says that `keep` calls a
    function of the domain that writes the audit entry.
    """

    noun: ClassVar[str] = ""
    role_to_add: ClassVar[Role | None] = None
    role_to_change: ClassVar[Role | None] = None
    joined: ClassVar[tuple[str, ...]] = ()
    narrowed_by: ClassVar[tuple[str, ...]] = ()
    is_noted_by_domain: ClassVar[bool] = False
    paginator = BoundedPaginator
    form = WordedForm
    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions: tuple[str, ...] | None = None
    ordering: ClassVar[tuple[str, ...]] = ("-pk",)

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Any]":
        rows = rows_of(self.model, by=principal_of(request)).order_by(*self.get_ordering(request))
        joined = (*self.joined, *(name for addition in additions_to(self.model) for name in addition.joined))
        return rows.select_related(*joined) if joined else rows

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Adds the fields of other apps, each after the field that `fields_after` names."""
        fields: list[Any] = [*super().get_fields(request, obj)]
        for addition in additions_to(self.model):
            after = addition.fields_after
            fields = [one for name in fields for one in ([name, after[name]] if name in after else [name])]
        return fields

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        for addition in additions_to(self.model):
            if addition.before_shown is not None and context["original"] is not None:
                addition.before_shown(request, context["original"])
        return super().render_change_form(request, context, *args, **kwargs)

    def added_links(self, row: Any) -> list[SafeString]:
        """Returns the links to related rows that other apps add."""
        return [link(row) for addition in additions_to(self.model) for link in addition.links]

    def get_list_display(self, request: HttpRequest) -> Any:
        """Hides the store column from people with one store."""
        if has_role(request, Role.ADMIN):
            return self.list_display
        return [column for column in self.list_display if column != "store"]

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Returns one row. Raises Http404 if the row does not exist or is out of scope."""
        found = super().get_object(request, object_id, from_field)
        if found is None:
            raise Http404
        return found

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return has_role(request, Role.MANAGER)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.role_to_add is not None and has_role(request, self.role_to_add)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.role_to_change is not None and has_role(request, self.role_to_change)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Allows only the lookups of the page's own filters. So nobody can guess the value of a hidden column by filters."""
        offered = {f"{name}__exact" for name in self.narrowed_by}
        for offer in self.list_filter:
            if isinstance(offer, type):
                offered.add(cast("type[admin.SimpleListFilter]", offer).parameter_name or "")
            else:
                offered |= {f"{offer}__{ending}" for ending in ("exact", "gte", "lt", "isnull")}
        if self.date_hierarchy and (request is None or f"{self.date_hierarchy}__year" in request.GET):
            # A month of no year would scan the table.
            offered |= {f"{self.date_hierarchy}__{part}" for part in ("year", "month", "day")}
        return lookup in offered

    def get_changeform_initial_data(self, request: HttpRequest) -> Any:
        return {"account": principal_of(request).account_id, **super().get_changeform_initial_data(request)}

    def formfield_for_foreignkey(
        self, db_field: "ForeignKey[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> "ModelChoiceField[Any] | None":
        """Limits the choices to rows in scope. A forged form with another row is refused."""
        kwargs["queryset"] = rows_of(db_field.remote_field.model, by=principal_of(request))
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs["widget"] = NamedAutocomplete(db_field, self.admin_site)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: "ModelForm[Any]", change: bool) -> None:  # noqa: FBT001
        """Saves the row and writes an audit entry with the changed fields. Django's own log is not the audit trail."""
        self.keep(request, obj, form, change=change)
        if self.is_noted_by_domain:
            return
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
        """Writes the row. Pages override this to call the domain."""
        obj.save(update_fields=written_fields(form) if change else None)


def written_fields(form: "ModelForm[Any]") -> list[str]:
    """Returns the columns that a form of an existing row writes.

    The application's database role may not update every column (docs/postgresql-roles.sql). For a forbidden column
    PostgreSQL answers "permission denied", even if its value did not change.
    """
    columns = {field.name for field in form.instance._meta.concrete_fields}
    return sorted(columns & form.cleaned_data.keys())


class ReadOnlyAdmin(CashdeskAdmin):
    """A read-only page, because only the domain writes these rows.

    `sortable_by` has the columns of the list by which people may sort it. Name only those that an index carries.
    """

    sortable_by: ClassVar[tuple[Any, ...]] = ()

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return CarriedOrder

    def complete(self, rows: list[Any], request: HttpRequest) -> None:
        """Adds to the rows of one page of the list what the cells of other apps read."""
        prefetch_related_objects(rows, *(name for addition in additions_to(self.model) for name in addition.prefetched))

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Adds the links to dates. They begin with the oldest account that the person may see, and at least a year ago."""
        changelist: Any = super().get_changelist_instance(request)
        if self.date_hierarchy:
            account = rows_of(Account, by=principal_of(request)).order_by("created_at").first()
            changelist.calendar = steps_of(changelist, since=account.created_at if account else timezone.now())
        return changelist

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [UUID_SHOWN if name == "uuid" else name for name in super().get_fields(request, obj)]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.get_fields(request, obj)

    def get_search_results(
        self, request: HttpRequest, queryset: "QuerySet[Any]", search_term: str
    ) -> tuple["QuerySet[Any]", bool]:
        """Finds rows by exact value through an index. A text search would scan the whole ledger."""
        if not search_term.strip():
            return queryset, False
        wanted = Q(pk__in=[])
        for path in self.get_search_fields(request):
            wanted |= exactly(self.model, str(path), search_term.strip())
        return queryset.filter(wanted), False


class ReadOnlyInline(TabularInline):
    """Read-only rows on the page of another row."""

    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return has_role(request, Role.MANAGER)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields
