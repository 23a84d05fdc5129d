"""The draft behind a form: what its fields show, saved while it is typed and discarded when the form is done."""

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
    """The draft behind a form on a page. `typed` is what its fields show."""

    key: DraftKey
    by: Principal
    row: Draft | None
    typed: dict[str, str]
    is_resumed: bool
    is_saved: bool

    @property
    def token(self) -> str:
        """What the form carries of it."""
        return self.key.token

    @property
    def page(self) -> str:
        """Where the form is shown."""
        return self.key.page

    @property
    def version(self) -> int:
        """The version that this page knows of; 0 where there is none."""
        return self.row.version if self.row else 0

    @property
    def time(self) -> str:
        """When it was typed into last, on the person's wall clock."""
        return clock(self.row.updated_at, self.by) if self.row else ""

    def save(self, request: HttpRequest, *, at: datetime) -> None:
        """Saves the input that was sent: each step of a form does so too, without any script."""
        self.row = save_input(request=request, key=self.key, by=self.by, at=at, seen_version=None)
        self.is_saved = True

    def discard(self) -> None:
        """Throws the draft away, in the transaction of what the form did."""
        discard_draft(by=self.by, subject=self.key.subject)


def form_draft(
    request: HttpRequest, subject: str, *, by: Principal, page: str = "", untyped: tuple[str, ...] = ()
) -> FormDraft:
    """Returns the draft behind the form of a page: `typed` is what was sent, else the saved draft, else empty.

    `subject` names what is filled in, such as `close:<uuid of the session>`. The form is shown again at `page`, else
    at the path of the request. `untyped` names the fields that the page itself fills in.
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
    """Returns when the person last typed into the forms that are not sent yet, by subject, in one statement."""
    drafts = drafts_of(by=by, subjects=subjects)
    return {subject: clock(draft.updated_at, by) for subject, draft in drafts.items() if any(draft.fields.values())}


def clock(at: datetime, by: Principal) -> str:
    """Writes an instant on the wall clock of the person's store, with the day where it is not today."""
    store = by.user.store if by.user else None
    zone = ZoneInfo(store.time_zone if store else "UTC")
    local, now = at.astimezone(zone), timezone.now().astimezone(zone)
    return style().clock(at, zone.key) if local.date() == now.date() else style().instant(at, zone.key)
