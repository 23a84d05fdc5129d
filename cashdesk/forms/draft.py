"""The draft of a form: fills the form's fields, saves the input while the person types, and deletes it after the booking."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import cast
from zoneinfo import ZoneInfo

from django.http import HttpRequest
from django.utils import timezone

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.counting.draft import discard_draft, draft_of, drafts_of
from cashdesk.formats import style
from cashdesk.models import Draft, User
from cashdesk.web.drafts import DraftKey, save_input


@dataclass(kw_only=True)
class FormDraft:
    """The draft of a form on a page. `typed` holds the values for the form's fields."""

    key: DraftKey
    by: Principal
    row: Draft | None
    typed: dict[str, str]
    is_resumed: bool
    is_saved: bool

    @property
    def token(self) -> str:
        """The signed token that the form carries."""
        return self.key.token

    @property
    def page(self) -> str:
        """The path of the page that shows the form."""
        return self.key.page

    @property
    def version(self) -> int:
        """The version of the draft on this page, or 0 if there is no draft."""
        return self.row.version if self.row else 0

    @property
    def time(self) -> str:
        """The local time of the last input, or "" if there is no draft."""
        return clock(self.row.updated_at, self.by) if self.row else ""

    def save(self, request: HttpRequest, *, at: datetime) -> None:
        """Saves the sent input. Each step of a form calls this, so drafts also work without JavaScript."""
        self.row = save_input(request=request, key=self.key, by=self.by, at=at, seen_version=None)
        self.is_saved = True

    def discard(self) -> None:
        """Deletes the draft. Called in the transaction that books the form."""
        discard_draft(by=self.by, subject=self.key.subject)


def form_draft(
    request: HttpRequest, subject: str, *, by: Principal, page: str = "", untyped: tuple[str, ...] = ()
) -> FormDraft:
    """Returns the draft of a page's form. Its `typed` has the sent input, else the saved input, else nothing.

    `subject` identifies the form and its row, such as `close:<uuid of the session>`. `page` is the path that shows the form
    again, by default the path of this request. `untyped` names the fields that the page fills in itself.
    """
    row = draft_of(by=by, subject=subject)
    is_sent = request.method == "POST"
    is_resumed = not is_sent and row is not None and any(row.fields.values())
    return FormDraft(
        key=DraftKey(user_id=cast(User, by.user).pk, subject=subject, page=page or request.path, own_untyped=untyped),
        by=by,
        row=row,
        typed=request.POST.dict() if is_sent else dict(row.fields) if row is not None else {},
        is_resumed=is_resumed,
        is_saved=not is_sent,
    )


def begun(subjects: Iterable[str], *, by: Principal) -> dict[str, str]:
    """Returns the local time of the last input, for each subject whose draft has input. Uses one query."""
    drafts = drafts_of(by=by, subjects=subjects)
    return {subject: clock(draft.updated_at, by) for subject, draft in drafts.items() if any(draft.fields.values())}


def clock(at: datetime, by: Principal) -> str:
    """Formats an instant in the time zone of the person's store, with the date unless the instant is today."""
    store = by.user.store if by.user else None
    zone = ZoneInfo(store.time_zone if store else "UTC")
    local, now = at.astimezone(zone), timezone.now().astimezone(zone)
    return style().clock(at, zone.key) if local.date() == now.date() else style().instant(at, zone.key)
