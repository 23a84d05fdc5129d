"""Drafts over HTTP: the signed token of a form, and saving its unsent input.

The token is signed for one person, so a draft is saved for nobody else, whoever signs in at the same browser. A page
calls `form_draft(request, subject, by=by)` (cashdesk/forms/draft.py) for what its fields show. Its template includes
`cashdesk/draft_note.html` above the form, and `cashdesk/draft.html` inside a form with `data-draft`.
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

DRAFT_FIELD: Final = "draft"
"""The hidden field in which a form carries its token."""

INPUT_FIELD: Final = "draft-input"
"""The hidden field with the input of the page before, on a page that asks something first (sign in, confirm)."""

COUNTS: Final = ("close", "open", "count-in", "count", "recount")
"""The first words of subjects that are counts: their pages speak of a count."""

NOT_TYPED: Final = frozenset(
    {
        "csrfmiddlewaretoken", "once", "step", "session", "settlement", "store", "after-previews", "new-currency",
        "new-method", "next", "seen", "device", "looked", "correct", DRAFT_FIELD, INPUT_FIELD,
    }
)  # fmt: skip
"""Fields that the page itself fills in. Secrets are told by their name."""


@dataclass(frozen=True, kw_only=True)
class DraftKey:
    """Identifies the draft of a form: its person, its subject, and the path of the page that shows it again."""

    user_id: int
    subject: str
    page: str

    @property
    def token(self) -> str:
        """What the form carries; the same each time, since it is part of what the form says."""
        return _signer().sign_object([self.user_id, self.subject, self.page])

    @classmethod
    def of(cls, request: HttpRequest) -> "DraftKey | None":
        """Returns what the token of a form says, or None where there is none of ours."""
        try:
            user_id, subject, page = _signer().unsign_object(
                request.POST.get(DRAFT_FIELD) or request.GET.get(DRAFT_FIELD, "")
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
    sent = _input_of(request.POST[INPUT_FIELD]) if INPUT_FIELD in request.POST else request.POST.dict()
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


def draft_fields(request: HttpRequest) -> dict[str, str]:
    """Returns the hidden fields that bring a form's input through another page; empty without a token of ours."""
    key = DraftKey.of(request)
    if key is None:
        return {}
    return {DRAFT_FIELD: key.token, INPUT_FIELD: json.dumps(typed_in(request), ensure_ascii=False)}


def save_input(
    *, request: HttpRequest, key: DraftKey, by: Principal, at: datetime, seen_version: int | None, device: str = ""
) -> Draft | None:
    """Saves the input of a form as the draft of its subject and returns it; None for an empty form without a draft.

    Raises DraftChanged, DraftGone and InvalidInput, as `save_draft` does.
    """
    typed = typed_in(request)
    if not any(typed.values()) and draft_of(by=by, subject=key.subject) is None:
        return None
    return save_draft(by=by, subject=key.subject, fields=typed, seen_version=seen_version, device=device, at=at)


def save_sent(*, request: HttpRequest, by: Principal, at: datetime) -> str:
    """Saves the input that was sent, if the form is this person's own. Returns the path that shows it again, else ""."""
    key = DraftKey.of(request)
    if key is None or not key.is_of(by):
        return ""
    save_input(request=request, key=key, by=by, at=at, seen_version=None)
    return key.page


def _input_of(text: str) -> dict[str, str]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _signer() -> Signer:
    return Signer(salt="cashdesk.draft")
