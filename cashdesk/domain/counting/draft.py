"""Saves drafts: the input of a form that was not sent yet. A draft is not a count and books nothing."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final, cast

from django.db import transaction

from cashdesk.domain.caller.principal import Principal
from cashdesk.errors import DraftChanged, DraftGone, InvalidInput
from cashdesk.models import Draft, User

SUBJECT: Final = re.compile(r"[a-z][a-z-]{0,23}(:[A-Za-z0-9-]{1,40}){1,2}")
FIELD_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.:-]{0,63}")
FIELDS_MAX: Final = 1_000
"""The most fields of a draft. Django has the same limit for a form. A count of 24 currencies has more than 800 fields."""
VALUE_LENGTH_MAX: Final = 2_000
LENGTH_MAX: Final = 48_000
"""The most characters of all field names and values together. A browser sends at most 64 KB while it leaves a page."""

EXPIRES_AFTER: Final = timedelta(days=30)
"""A draft is deleted when its last input is this old."""

DRAFTS_MAX: Final = 40
"""The most drafts of one person. One more draft deletes the draft with the oldest input."""


@transaction.atomic
def save_draft(
    *, by: Principal, subject: str, fields: Mapping[str, str], seen_version: int | None, device: str, at: datetime
) -> Draft:
    """Stores the input of a form as the caller's draft of this subject, and returns the draft.

    `seen_version` is the version of the draft that the page shows, or 0 if the page shows no draft. It is None if the
    person pressed a button: then this input replaces the input from other devices. `device` is an id that the page
    chose for its device.

    Raises DraftChanged if another device has saved different input since then. Raises DraftGone if the draft of the
    page was sent or discarded. Raises InvalidInput for a subject, device or field that no form can have.
    """
    _refuse_strange(subject=subject, fields=fields, device=device)
    user = cast(User, by.user)
    # Locks the person's row. So the first saves from two devices wait for each other, and nobody gets too many drafts.
    User.objects.select_for_update(no_key=True).only("pk").get(pk=user.pk)
    draft = Draft.objects.filter(user=user, subject=subject).first()
    if draft is None:
        if seen_version:
            raise DraftGone("This draft was sent or discarded on another page.")
        return _begin(user, subject=subject, fields=fields, device=device, at=at)
    is_elsewhere = draft.device != device and seen_version is not None and seen_version < draft.version
    if is_elsewhere and draft.fields != fields:
        when = draft.updated_at.strftime("%Y-%m-%dT%H:%M:%SZ")
        raise DraftChanged(
            f"This was changed on another device at {when}.", version=draft.version, changed_at=draft.updated_at
        )
    draft.fields, draft.device, draft.updated_at = dict(fields), device, at
    draft.version += 1
    draft.save(update_fields=["fields", "device", "updated_at", "version"])
    return draft


def draft_of(*, by: Principal, subject: str) -> Draft | None:
    """Returns the caller's own draft of a subject, or None."""
    return Draft.objects.filter(user=by.user, subject=subject).first() if by.user else None


def drafts_of(*, by: Principal, subjects: Iterable[str]) -> dict[str, Draft]:
    """Returns the caller's own drafts of several subjects, by subject, in one query."""
    drafts = Draft.objects.filter(user=by.user, subject__in=subjects) if by.user else ()
    return {draft.subject: draft for draft in drafts}


def discard_draft(*, by: Principal, subject: str) -> None:
    """Deletes the caller's draft of a subject.

    Called when the person discards the draft, and in the transaction that saves the sent form.
    """
    Draft.objects.filter(user=by.user, subject=subject).delete()


def delete_expired_drafts(*, at: datetime) -> int:
    """Deletes drafts whose last input is `EXPIRES_AFTER` or more ago. Returns the number of deleted drafts."""
    deleted, _by_model = Draft.objects.filter(updated_at__lte=at - EXPIRES_AFTER).delete()
    return deleted


def fits(name: str, value: str) -> bool:
    """Whether a draft may contain a field with this name and value."""
    # PostgreSQL stores neither a NUL nor a lone surrogate character.
    is_text = "\0" not in value and not any("\ud800" <= sign <= "\udfff" for sign in value)
    return bool(FIELD_NAME.fullmatch(name)) and len(value) <= VALUE_LENGTH_MAX and is_text


def _begin(user: User, *, subject: str, fields: Mapping[str, str], device: str, at: datetime) -> Draft:
    drafts = Draft.objects.filter(user=user)
    older = list(drafts.order_by("-updated_at", "-pk").values_list("pk", flat=True)[DRAFTS_MAX - 1 :])
    if older:
        drafts.filter(pk__in=older).delete()
    return Draft.objects.create(user=user, subject=subject, fields=dict(fields), device=device, updated_at=at)


def _refuse_strange(*, subject: str, fields: Mapping[str, str], device: str) -> None:
    length = sum(len(name) + len(value) for name, value in fields.items())
    if not SUBJECT.fullmatch(subject) or len(device) > 32 or not device.isprintable():
        raise InvalidInput("A draft needs a subject and a device. Both are short words.")
    if len(fields) > FIELDS_MAX or length > LENGTH_MAX or not all(fits(*field) for field in fields.items()):
        raise InvalidInput("A draft can hold only the fields of one form, as text.")
