"""Drafts in requests: signs the token of a form, and saves the unsent input of the form as a draft.

The token is signed for one person. So a draft is never saved for another person who signs in at the same browser. To use
drafts, a page calls `form_draft(request, subject, by=by)` (cashdesk/forms/draft.py) and gets the values of its fields.
The template of the page includes `cashdesk/draft_note.html` above the form, and `cashdesk/draft.html` inside a form with
the attribute `data-draft`.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.core.signing import BadSignature, Signer
from django.http import HttpRequest

from cashdesk.contributions import count_subjects
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.counting.draft import FIELDS_MAX, LENGTH_MAX, VALUE_LENGTH_MAX, draft_of, fits, save_draft
from cashdesk.models import Draft

DRAFT_FIELD: Final = "draft"
"""The hidden field that carries the form's token."""

INPUT_FIELD: Final = "draft-input"
"""The hidden field that carries the input of a form through a page in between, such as the sign-in page."""

UNTYPED: Final = (
    "csrfmiddlewaretoken", "once", "step", "next", "seen", "device", "looked", "correct", DRAFT_FIELD, INPUT_FIELD,
)  # fmt: skip
"""Fields that pages fill in themselves, so that drafts leave them out. A page can name more fields (`own_untyped`).

Password fields are not listed here: `typed_in` recognises them by their name.
"""


@dataclass(frozen=True, kw_only=True)
class DraftKey:
    """Identifies a draft: its person, its subject, and the path of the page that shows the form.

    `own_untyped` names the fields that the page itself fills in, such as the session that a count is for.
    """

    user_id: int
    subject: str
    page: str
    own_untyped: tuple[str, ...] = ()

    @property
    def untyped(self) -> tuple[str, ...]:
        """The names of all fields that are not saved. The script of the page receives the same list."""
        return (*UNTYPED, *self.own_untyped)

    @property
    def token(self) -> str:
        """The signed value of the form's hidden field.

        It must not change between requests, because the fingerprint of the form includes it (`idempotency.py`).
        """
        return _signer().sign_object([self.user_id, self.subject, self.page, *self.own_untyped])

    @classmethod
    def of(cls, request: HttpRequest) -> "DraftKey | None":
        """Returns the key in the form's token, or None if the token is missing or not signed by us."""
        try:
            token = request.POST.get(DRAFT_FIELD) or request.GET.get(DRAFT_FIELD, "")
            user_id, subject, page, *own_untyped = _signer().unsign_object(token)
        except (BadSignature, ValueError):
            return None
        return cls(user_id=user_id, subject=subject, page=page, own_untyped=tuple(own_untyped))

    @property
    def is_count(self) -> bool:
        """Whether the form is a count."""
        return self.subject.partition(":")[0] in count_subjects()

    def is_of(self, by: Principal) -> bool:
        """Whether the form was shown to this person."""
        return by.user is not None and by.user.pk == self.user_id


def typed_in(request: HttpRequest, key: DraftKey) -> dict[str, str]:
    """Returns the input of the person: the fields of the sent form, or the fields that INPUT_FIELD carries.

    Leaves out passwords and untyped fields, and shortens the rest to the size limits of a draft.
    """
    sent = _input_of(request.POST[INPUT_FIELD]) if INPUT_FIELD in request.POST else request.POST.dict()
    typed: dict[str, str] = {}
    length = 0
    for name, value in list(sent.items())[:FIELDS_MAX]:
        text = str(value).replace("\0", "")[:VALUE_LENGTH_MAX]
        length += len(name) + len(text)
        if name in key.untyped or "password" in name.lower() or not fits(name, text):
            continue
        if length > LENGTH_MAX:
            break
        typed[name] = text
    return typed


def draft_fields(request: HttpRequest) -> dict[str, str]:
    """Returns the hidden fields that carry a form's input through another page, or no fields without a valid token."""
    key = DraftKey.of(request)
    if key is None:
        return {}
    return {DRAFT_FIELD: key.token, INPUT_FIELD: json.dumps(typed_in(request, key), ensure_ascii=False)}


def save_input(
    *, request: HttpRequest, key: DraftKey, by: Principal, at: datetime, seen_version: int | None, device: str = ""
) -> Draft | None:
    """Saves the input of a form as its draft, and returns the draft.

    If the form is empty and has no draft yet, saves nothing and returns None.

    Raises DraftChanged, DraftGone and InvalidInput, as `save_draft` does.
    """
    typed = typed_in(request, key)
    if not any(typed.values()) and draft_of(by=by, subject=key.subject) is None:
        return None
    return save_draft(by=by, subject=key.subject, fields=typed, seen_version=seen_version, device=device, at=at)


def save_sent(*, request: HttpRequest, by: Principal, at: datetime) -> str:
    """Saves the sent input as a draft if the form was shown to this person.

    Returns the path of the page with the form. Returns "" if nothing was saved.
    """
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
