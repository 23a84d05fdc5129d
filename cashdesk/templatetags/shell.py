"""The template tags for the frame of a page. The frame speaks the language of the person, also around English pages."""

from django import template
from django.http import HttpRequest
from django.template import Context
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.safestring import SafeString, mark_safe

from cashdesk.enums import Language
from cashdesk.models import CashSession, Place
from cashdesk.web.shell import Frame, Shell, language_of, shell_of

register = template.Library()


@register.simple_tag(takes_context=True)
def frame(context: Context) -> str:
    """Returns the class of the body: which frame the page has."""
    return _shell(context).frame


@register.simple_tag(takes_context=True)
def shell(context: Context) -> SafeString:
    """Shows the bars around a page."""
    shell = _shell(context)
    around = translation.get_language() or Language.ENGLISH
    language = around if shell.user is None else language_of(shell.user)
    request = _request(context)
    shown = {
        "shell": shell,
        "register": _register(context, shell),
        "languages": Language.choices,
        "back": request.get_full_path() if request is not None else "/",
        "lang": language if language != around else "",
    }
    with translation.override(language):
        page = render_to_string(f"cashdesk/shell/{shell.frame}.html", shown, request=request)
    return mark_safe(page)  # noqa: S308 (a rendered template)


def _shell(context: Context) -> Shell:
    """Returns the shell of the page. The tags of a page share it, so that it is read once."""
    request = _request(context)
    if request is None:
        return Shell(frame=Frame.VISITOR)
    found: Shell | None = getattr(request, "shell", None)
    if found is None:
        found = shell_of(request, {name: context.get(name) for name in ("store", "section")})
        request.shell = found  # type: ignore[attr-defined]
    return found


def _register(context: Context, shell: Shell) -> Place | None:
    """Returns the register of the open drawer on the page, else the one that the person is assigned to."""
    session = context.get("session")
    if isinstance(session, CashSession) and session.is_open:
        return session.register
    return shell.user.register if shell.user is not None else None


def _request(context: Context) -> HttpRequest | None:
    """Returns the request of the page. An API view has one of its own around it."""
    request = context.get("request")
    return getattr(request, "_request", request)
