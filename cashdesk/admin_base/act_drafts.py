"""Drafts of action pages: a form that was sent while the person was signed out is shown again after the sign-in."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from django.http import HttpRequest, HttpResponseBase

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.counting.draft import draft_of
from cashdesk.models import User
from cashdesk.web.drafts import DraftKey
from cashdesk.web.pages import ask_to_sign_in

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


def keeps_input(view: View) -> View:
    """Decorates an action page. A form that was sent signed out gets the sign-in page, which carries the input along."""

    @wraps(view)
    def page(request: HttpRequest, *args: Any, **named: Any) -> HttpResponseBase:
        is_signed_out = not isinstance(request.user, User)
        if request.method == "POST" and is_signed_out and DraftKey.of(request) is not None:
            return ask_to_sign_in(request)
        return view(request, *args, **named)

    return cast(View, page)


def draft_key_of(request: HttpRequest, *, subject: str, fields: Any) -> DraftKey:
    """Returns the key of a form on this page. Leaves out hidden fields, and fields with several values."""
    user = cast(User, request.user)
    untyped = (
        name
        for name, field in fields.items()
        if field.widget.is_hidden or getattr(field.widget, "allow_multiple_selected", False)
    )
    return DraftKey(user_id=user.pk, subject=f"act:{subject}", page=request.get_full_path(), own_untyped=tuple(untyped))


def typed_before(key: DraftKey, *, by: Principal) -> dict[str, str]:
    """Returns the saved entries of the draft. The dictionary is empty if there is no draft."""
    draft = draft_of(by=by, subject=key.subject)
    return dict(draft.fields) if draft is not None else {}
