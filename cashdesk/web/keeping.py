"""What a form carries so that nothing typed into it is lost: whose it is, what it fills in, and the page that it stands on.

The token is signed for one person, so what comes with it is kept for nobody else, whoever signs in at the same browser.
A page hooks in with three lines: `kept = kept_of(request, subject, by=by)` (screens/draft.py) gives it what its fields
show, `cashdesk/draft_note.html` stands above its form, and the form has `data-keep` and `cashdesk/draft.html` within.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.core.signing import BadSignature, Signer
from django.http import HttpRequest

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.counting.draft import FIELDS_MAX, LENGTH_MAX, VALUE_LENGTH_MAX, draft_of, fits, save_draft
from cashdesk.models import Draft

KEEP_FIELD: Final = "keep"
"""The hidden field in which a form carries its token."""

CARRIED: Final = "carried"
"""The hidden field in which a page that asks something first carries what was typed on the page before."""

COUNTS: Final = ("close", "open", "count-in", "count", "recount")
"""The first words of subjects that are counts: their pages speak of a count."""

NOT_TYPED: Final = frozenset(
    {
        "csrfmiddlewaretoken", "once", "step", "session", "settlement", "store", "after-previews", "new-currency",
        "new-method", "next", "seen", "device", "looked", "correct", KEEP_FIELD, CARRIED,
    }
)  # fmt: skip
"""Fields that the page itself fills in. Secrets are told by their name."""


@dataclass(frozen=True, kw_only=True)
class Keeper:
    """Whose form it is, what it fills in, and the path of the page that shows it again."""

    user_id: int
    subject: str
    page: str

    @property
    def token(self) -> str:
        """What the form carries; the same each time, since it is part of what the form says."""
        return _signer().sign_object([self.user_id, self.subject, self.page])

    @classmethod
    def of(cls, request: HttpRequest) -> "Keeper | None":
        """Returns what the token of a form says, or None where there is none of ours."""
        try:
            user_id, subject, page = _signer().unsign_object(
                request.POST.get(KEEP_FIELD) or request.GET.get(KEEP_FIELD, "")
            )
        except (BadSignature, ValueError):
            return None
        return cls(user_id=user_id, subject=subject, page=page)

    @property
    def is_count(self) -> bool:
        """Whether it is a count, or some other form."""
        return self.subject.partition(":")[0] in COUNTS

    def is_of(self, by: Principal) -> bool:
        """Whether it is this person's own form."""
        return by.user is not None and by.user.pk == self.user_id


def typed_in(request: HttpRequest) -> dict[str, str]:
    """Returns what the person typed into the form that was sent, or what a page carries on of it: within the bounds of a
    draft, without secrets and without what is the page's own.
    """
    sent = _carried(request.POST[CARRIED]) if CARRIED in request.POST else request.POST.dict()
    typed: dict[str, str] = {}
    length = 0
    for name, value in list(sent.items())[:FIELDS_MAX]:
        text = str(value).replace("\0", "")[:VALUE_LENGTH_MAX]
        length += len(name) + len(text)
        if name in NOT_TYPED or "password" in name.lower() or not fits(name, text):
            continue
        if length > LENGTH_MAX:
            break
        typed[name] = text
    return typed


def carried_on(request: HttpRequest) -> dict[str, str]:
    """Returns what a page that asks something first carries on of a form, by hidden field; nothing where it is not ours."""
    keeper = Keeper.of(request)
    if keeper is None:
        return {}
    return {KEEP_FIELD: keeper.token, CARRIED: json.dumps(typed_in(request), ensure_ascii=False)}


def keep(
    *, request: HttpRequest, keeper: Keeper, by: Principal, at: datetime, seen_version: int | None, device: str = ""
) -> Draft | None:
    """Keeps what was typed as the draft of its subject and returns it. An empty form needs none where there was none.

    Raises DraftChanged, DraftGone and InvalidInput, as `save_draft` does.
    """
    typed = typed_in(request)
    if not any(typed.values()) and draft_of(by=by, subject=keeper.subject) is None:
        return None
    return save_draft(by=by, subject=keeper.subject, fields=typed, seen_version=seen_version, device=device, at=at)


def keep_carried(*, request: HttpRequest, by: Principal, at: datetime) -> str:
    """Keeps what a page carried on, where it is this person's own, and returns the path that shows it again; else ""."""
    keeper = Keeper.of(request)
    if keeper is None or not keeper.is_of(by):
        return ""
    keep(request=request, keeper=keeper, by=by, at=at, seen_version=None)
    return keeper.page


def _carried(text: str) -> dict[str, str]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _signer() -> Signer:
    return Signer(salt="cashdesk.keep")
