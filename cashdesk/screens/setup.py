"""The page that sets up the first store of an empty installation. It works once, and only with a setup link."""

from typing import Any, Final

from django.contrib.auth import password_validation
from django.contrib.auth.password_validation import MinimumLengthValidator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from cashdesk.countries import countries, country_names, country_of_browser, currency_names, time_zone_names
from cashdesk.domain.people.access_token import digest_of
from cashdesk.domain.setup.first_store import SetupLinkEnded, set_up_first_store
from cashdesk.domain.setup.setup_link import AlreadySetUp, is_empty, works
from cashdesk.enums import Language
from cashdesk.errors import InvalidInput
from cashdesk.forms.pages import path_to, see
from cashdesk.screens.language import remember_language
from cashdesk.screens.setup_form import FIELDS, PASSWORDS, STEPS, SetupForm
from cashdesk.screens.signing_in import after_password
from cashdesk.web.errors import status_of

SESSION: Final = "setup"
"""The key in the browser session, with the digest of the link (LINK) and the hashes of typed passwords (KEPT)."""
LINK: Final = "link"
KEPT: Final = "kept"

SPEAK: Final = "speak"
"""The buttons that change the language of the page. They send the whole form, so nothing typed is lost."""

HOURS: Final = [(str(hour), f"{hour:02}:00") for hour in range(24)]


@sensitive_post_parameters(*PASSWORDS, LINK)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def setup_page(request: HttpRequest) -> HttpResponse:
    """Shows the three steps, and sets up the store after the last one. Then the owner is signed in and opens a drawer.

    `?token=` is the secret of a setup link. The browser session remembers the link, and the address loses it. Without a
    link the page says where to find one. As soon as an account exists, the page leads to the sign-in page.
    """
    if not is_empty():
        return _already_set_up(request) if request.method == "POST" else redirect("sign-in")
    chosen = request.POST.get(SPEAK, "")
    language = chosen if chosen in Language.values else translation.get_language()
    with translation.override(language):
        answer = _answer(request)
    if chosen == language:
        remember_language(answer, language)
    answer.headers["Content-Language"] = language
    return answer


def _answer(request: HttpRequest) -> HttpResponse:
    if request.method != "POST" and "token" in request.GET:
        return _enter(request, secret=request.GET["token"])
    if LINK in request.POST and SPEAK not in request.POST:
        return _enter(request, secret=request.POST[LINK].strip().rpartition("token=")[2])
    if not works(request.session.get(SESSION, {}).get(LINK, ""), at=timezone.now()):
        return _ask_for_link(request)
    return _show_or_save(request)


# --- The link --------------------------------------------------------------------------------------------------------------


def _enter(request: HttpRequest, *, secret: str) -> HttpResponse:
    """Remembers a link that works. Then shows the form with what was typed before, or redirects to the empty form."""
    digest = digest_of(secret)
    if not works(digest, at=timezone.now()):
        return _ask_for_link(request, is_wrong=True)
    request.session[SESSION] = {LINK: digest, KEPT: _kept(request)}
    return _show_or_save(request, is_returning=True) if _is_typed(request) else see("setup")


def _ask_for_link(request: HttpRequest, *, is_wrong: bool = False) -> HttpResponse:
    """Shows the page that asks for a link. It carries what was typed in hidden fields, except passwords."""
    is_lost = _is_typed(request) and LINK not in request.POST
    names = ["open", "reached", *(name for name in request.POST if name.startswith("was_"))]
    names += [name for step in STEPS for name in FIELDS[step] if name not in PASSWORDS]
    hidden = [(name, request.POST[name]) for name in names if name in request.POST]
    context = {"languages": Language.choices, "is_wrong": is_wrong, "is_lost": is_lost, "hidden_fields": hidden}
    return render(request, "cashdesk/setup_link.html", context, status=403 if is_wrong or is_lost else 200)


def _is_typed(request: HttpRequest) -> bool:
    return FIELDS["store"][0] in request.POST


def _kept(request: HttpRequest) -> dict[str, str]:
    """Returns the hashes of the passwords that were typed before, by field."""
    return dict(request.session.get(SESSION, {}).get(KEPT, {}))


def _already_set_up(request: HttpRequest) -> HttpResponse:
    """Answers a form that arrives when another person, or an earlier click, has already set up the installation."""
    return render(request, "cashdesk/already_set_up.html", status=409)


# --- The three steps -------------------------------------------------------------------------------------------------------


def _show_or_save(request: HttpRequest, *, is_returning: bool = False) -> HttpResponse:
    sent = request.POST if _is_typed(request) else None
    country = country_of_browser(request.headers.get("Accept-Language", ""))
    kept = _kept(request)
    form = SetupForm(sent, kept=kept, country=country, on=timezone.now().date())
    if kept != _kept(request):
        request.session[SESSION] = {**request.session[SESSION], KEPT: kept}
    reached, shown = _step_in(request, "reached"), _step_in(request, "open")
    if sent is None or is_returning or SPEAK in request.POST:
        form.forgive(*STEPS)
        return _show(request, form, reached=reached, shown=shown)
    saved = request.POST.get("save", "")
    # The Enter key presses a button without a step: it saves the step that is open.
    step = STEPS.index(saved) if saved in STEPS else shown
    form.forgive(*STEPS[max(step + 1, reached) :])
    wrong = next((number for number, name in enumerate(STEPS) if form.has_errors(name)), None)
    if wrong is not None:
        return _show(request, form, reached=reached, shown=wrong, status=400)
    if step == len(STEPS) - 1:
        return _set_up(request, form)
    reached = max(reached, step + 1)
    return _show(request, form, reached=reached, shown=reached)


def _step_in(request: HttpRequest, name: str) -> int:
    """Returns the number of the step in a hidden field."""
    number = request.POST.get(name, "")
    return int(number) if number in ("0", "1", "2") else 0


def _set_up(request: HttpRequest, form: SetupForm) -> HttpResponse:
    """Sets up the store, signs the owner in and leads to the opening of the first drawer."""
    at = timezone.now()
    try:
        owner = set_up_first_store(
            store=form.new_store,
            owner=form.owner(language=translation.get_language()),
            cashier=form.cashier,
            link_digest=request.session[SESSION][LINK],
            at=at,
        )
    except AlreadySetUp:
        return _already_set_up(request)
    except SetupLinkEnded:
        return _ask_for_link(request)
    except InvalidInput as error:
        form.errors |= error.on_pages
        return _show(request, form, reached=2, shown=STEPS.index("people"), status=status_of(error))
    del request.session[SESSION]
    return after_password(request, owner, wanted=path_to("desk-open", notice="set-up"))


def _password_rule() -> str:
    """Returns the rule for the length of a password. Django's other rules are shown when a password breaks them."""
    rules = password_validation.get_default_password_validators()
    return next((str(rule.get_help_text()) for rule in rules if isinstance(rule, MinimumLengthValidator)), "")


def _show(request: HttpRequest, form: SetupForm, *, reached: int, shown: int, status: int = 200) -> HttpResponse:
    language = translation.get_language()
    known = countries(on=form.on)
    names = country_names(language)
    zones = time_zone_names(language)
    own = form.country.time_zones if form.country is not None else ()
    typed = form.typed
    store = f"{typed['number']} {typed['store']}"
    context: dict[str, Any] = {
        "form": form,
        "typed": typed,
        "errors": form.errors,
        "kept": form.kept,
        "languages": Language.choices,
        "reached": reached,
        "shown": shown,
        "step": shown + 1,
        "is_refused": status != 200,
        "is_fresh": not _is_typed(request),
        "countries": [(known[code], name) for code, name in names.items()],
        "country_name": names.get(typed["country"], ""),
        "currencies": currency_names(language, on=form.on).items(),
        "own_zones": [(zone, zones[zone]) for zone in own],
        "other_zones": [(zone, name) for zone, name in zones.items() if zone not in own],
        "hours": HOURS,
        "focus": FIELDS[STEPS[shown]][0] if status == 200 and SPEAK not in request.POST else "",
        "password_rule": _password_rule(),
        "saved": {
            "store": " · ".join(
                (store, names.get(typed["country"], ""), typed["currency"], zones.get(typed["zone"], ""))
            ),
            "people": " · ".join(filter(None, (typed["owner"], typed["cashier"]))),
        },
    }
    return render(request, "cashdesk/setup.html", context, status=status)
