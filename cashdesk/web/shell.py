"""The frame of every page: navigation, store menu and account menu."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from django.db import DatabaseError
from django.db.models import BooleanField, Case, Value, When
from django.http import HttpRequest, HttpResponse
from django.urls import NoReverseMatch, reverse
from django.utils.cache import add_never_cache_headers
from django.utils.module_loading import import_string

from cashdesk.contributions import Destination, destinations, section_of
from cashdesk.domain.caller.principal import Principal
from cashdesk.enums import Language, Role
from cashdesk.models import Store, User
from cashdesk.web.browser_sessions import DESK_ONLY
from cashdesk.web.chosen_store import remembered_uuid
from cashdesk.web.middleware import API_PREFIX
from cashdesk.web.waiting_sessions import is_waiting, person_of_session

DESK: Final = "/desk"
ON_PHONES: Final = 4
"""The entries in the bar of a phone. The others are under "More"."""
STORES_SHOWN: Final = 12
"""The stores in the menu. A page lists more of them."""
WAITING_SHOWN: Final = 99


class Frame(StrEnum):
    """The kinds of frames. The name is the class of the page's body."""

    APP = "app"
    """The rail, for managers and admins."""
    TILL = "till"
    """One bar: the desk, and every page of a cashier."""
    VISITOR = "visitor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An entry of the navigation, as this person sees it."""

    label: str
    icon: str
    path: str
    is_current: bool
    waiting: int = 0

    @property
    def icon_template(self) -> str:
        """The template of the picture."""
        return f"cashdesk/icons/{self.icon}.html"

    @property
    def waiting_text(self) -> str:
        """The number in the badge."""
        return f"{WAITING_SHOWN}+" if self.waiting > WAITING_SHOWN else str(self.waiting)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """The frame of one page. `store` is the store of the page, else the one that the person works with."""

    frame: Frame
    user: User | None = None
    store: Store | None = None
    stores: Sequence[Store] = ()
    """The stores to choose from. Empty for people who see one store."""
    has_more_stores: bool = False
    entries: Sequence[Entry] = ()
    search_path: str = ""
    """The search, or "" after a sign-in by PIN, which does not open it."""

    @property
    def initial(self) -> str:
        """The letter beside the name of the person."""
        return str(self.user)[:1].upper()

    @property
    def language(self) -> str:
        """The language of the person."""
        return language_of(self.user) if self.user is not None else ""

    @property
    def may_use_desk(self) -> bool:
        """Whether the person works in a store, so that the desk has something to show."""
        return self.user is not None and self.user.store_id is not None

    @property
    def on_phones(self) -> Sequence[Entry]:
        """The entries in the bar of a phone."""
        return self.entries[:ON_PHONES]

    @property
    def more(self) -> Sequence[Entry]:
        """The entries under "More" on a phone."""
        return self.entries[ON_PHONES:]

    @property
    def is_more_current(self) -> bool:
        """Whether the page belongs to an entry under "More"."""
        return any(entry.is_current for entry in self.more)

    @property
    def way_on(self) -> Entry | None:
        """The entry to which people at the desk go for the rest, or None for cashiers."""
        return self.entries[0] if self.entries else None


def shell_of(request: HttpRequest, context: Mapping[str, Any]) -> Shell:
    """Returns the shell of a page, with at most two statements: the stores, and how many variances wait.

    `store` and `section` in the context of the page tell what the page is about. While the database does not answer, the
    shell is that of a visitor.
    """
    try:
        user = _person(request)
        if user is None:
            return Shell(frame=Frame.VISITOR)
        is_at_desk = request.path_info == DESK or request.path_info.startswith(f"{DESK}/")
        if request.session.get(DESK_ONLY):
            return Shell(frame=Frame.TILL, user=user, store=user.store)
        if not user.has_role(Role.MANAGER) or is_at_desk:
            return _at_the_desk(user)
        return _with_rail(request, context, user)
    except DatabaseError:
        return Shell(frame=Frame.VISITOR)


def keep_to_person(request: Any, response: HttpResponse) -> None:
    """Forbids caches to keep a page with the bars of a signed-in person. Call it for pages that are else for everybody."""
    if _person(getattr(request, "_request", request)) is not None:
        add_never_cache_headers(response)


def _person(request: HttpRequest) -> User | None:
    """Returns the person of the browser session."""
    if not request.path_info.startswith(API_PREFIX):
        user = getattr(request, "user", None)  # a request that was refused early has none
        return user if isinstance(user, User) else None
    # API views replace `user` with the person of their token.
    person = person_of_session(request) if hasattr(request, "session") else None
    return person if person is not None and not is_waiting(request, person) else None


def language_of(user: User) -> str:
    """Returns the language of a person: their own, else that of their store, else English."""
    return user.language or (user.store.language if user.store is not None else "") or Language.ENGLISH


def first_path_of(user: User) -> str:
    """Returns the path of a person's first page: the desk for a cashier, else the first entry of the navigation."""
    if not user.has_role(Role.MANAGER):
        return reverse("desk")
    return next(path for entry in destinations() if (path := _path_of(entry)))


def path_of_part(path: str) -> str:
    """Returns the path of the first page in the page's own part. "" if the page belongs to no part."""
    entry = _entry(section_of(path))
    return _path_of(entry) if entry is not None else ""


def _at_the_desk(user: User) -> Shell:
    """Returns the bar of the desk, without a statement. Managers get a way to the rest."""
    entries = [
        Entry(label=entry.label, icon=entry.icon, path=path, is_current=False)
        for entry in destinations()
        if user.has_role(entry.role) and (path := _path_of(entry))
    ]
    search_path = _reversed("search")
    return Shell(frame=Frame.TILL, user=user, store=user.store, entries=entries[:1], search_path=search_path)


def _with_rail(request: HttpRequest, context: Mapping[str, Any], user: User) -> Shell:
    by = Principal(user=user)
    remembered = remembered_uuid(request)
    stores = _stores(by, first=remembered) if user.has_role(Role.ADMIN) else []
    store = _store(request, context, user, stores, remembered=remembered)
    current = context.get("section") or section_of(request.path_info)
    entries = [
        Entry(
            label=entry.label,
            icon=entry.icon,
            path=path,
            is_current=entry.key == current,
            waiting=_waiting(entry.waiting)(by=by, store=store) if entry.waiting else 0,
        )
        for entry in destinations()
        if user.has_role(entry.role) and (path := _path_of(entry))
    ]
    return Shell(
        frame=Frame.APP,
        user=user,
        store=store,
        stores=sorted(stores[:STORES_SHOWN], key=lambda one: (one.number, one.pk)) if len(stores) > 1 else (),
        has_more_stores=len(stores) > STORES_SHOWN,
        entries=entries,
        search_path=_reversed("search"),
    )


def _stores(by: Principal, *, first: str) -> list[Store]:
    """Returns the first stores that a person sees, among them the one with the UUID `first`."""
    stores = by.stores().order_by("number", "pk")
    if first:
        is_first = Case(
            When(uuid=first, then=Value(value=True)), default=Value(value=False), output_field=BooleanField()
        )
        stores = stores.order_by(is_first.desc(), "number", "pk")
    return list(stores[: STORES_SHOWN + 1])


def _store(
    request: HttpRequest, context: Mapping[str, Any], user: User, stores: Sequence[Store], *, remembered: str
) -> Store | None:
    shown = context.get("store")
    if isinstance(shown, Store):
        return shown
    chosen: Store | None = getattr(request, "store_of_page", None)
    chosen = chosen or next((store for store in stores if str(store.uuid) == remembered), None)
    return chosen or user.store or (stores[0] if len(stores) == 1 else None)


def _entry(key: str) -> Destination | None:
    return next((entry for entry in destinations() if entry.key == key), None)


def _path_of(entry: Destination) -> str:
    return next((found for page in entry.pages if (found := _reversed(page))), "")


def _reversed(page: str) -> str:
    """Returns the path of a page, or "" if this installation has no such page."""
    try:
        return reverse(page)
    except NoReverseMatch:
        return ""


def _waiting(name: str) -> Callable[..., int]:
    found: Callable[..., int] = import_string(name)
    return found
