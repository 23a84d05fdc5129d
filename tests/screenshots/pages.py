"""The pages of the URL configuration, and the few pages that are not photographed, each with its reason."""

from collections.abc import Iterable, Iterator
from typing import Final

from django.urls import URLPattern, URLResolver, get_resolver

from tests.screenshots.walks.office import excused_pages

API: Final = "api/v1/"
PAGES_OF_THE_API: Final = ("docs", "problems", "problem")
NOT_PHOTOGRAPHED: Final = {
    "livez": "answers machines",
    "readyz": "answers machines",
    "manifest": "is read by the browser",
    "service-worker": "is a script",
    "setup": "is gone where there is a store; tests/browser/test_setup.py looks at it",
    "home": "leads to the first page of a person",
    "choose-store": "leads to another page",
    "sign-out": "leads to the sign-in page",
    "account-end-sign-in": "leads back to the account",
    "provider": "leads to the provider",
    "provider-back": "leads on, or shows a refusal that tests look at",
    "signed-out-there": "leads to the sign-in page",
    "account-provider": "needs a provider; tests/browser/test_forms.py looks at it",
    "sign-in-second-factor": "looks as second-factor-new",
    "language": "leads back to the page where it was chosen",
    "settings-reasons": "leads to the reasons of the store",
    "draft": "answers a script",
    "draft-go-on": "leads to another page",
    "desk-result-note": "leads back to the result",
    "session-repay": "leads to the repayment of the variance",
    "session-recount": "leads to the count of the variance",
    "export-progress": "answers a script",
    "export-all-progress": "answers a script",
    "today-now": "answers a script with a part of Today",
    "expected-now": "answers a script with a figure of Today, which the walk to Today shows",
    "store-day-file": "is a file",
    "trail-file": "is a file",
    "day-trail-file": "is a file",
    "over-short-file": "is a file",
    "operator-month-file": "is a file",
    "position-file": "is a file",
    "export-all": "is a file",
    "board-now": "answers a script with a part of the board",
    "x-report-file": "is a file",
    "z-report-file": "is a file",
    "vault-deposit-file": "is a file",
    "admin:login": "another name of back-office-sign-in",
    "admin:logout": "leads to the sign-in page",
    "admin:password_change": "leads to the desk's own page",
    "admin:password_change_done": "nothing leads there",
    "admin:autocomplete": "answers a script",
    "admin:jsi18n": "is a script",
    "admin:view_on_site": "no row has a page on the site",
    "admin:auth_user_password_change": "another name of admin:cashdesk_user_password",
}
"""Names of paths, each with the reason why there is no picture of it."""


def page_names() -> set[str]:
    """Returns the name of every URL that can be a page: all except calls of the API and unnamed redirects."""
    return {name for name, path in _walk(get_resolver()) if name in PAGES_OF_THE_API or not path.startswith(API)}


def forgotten(photographed: Iterable[str]) -> list[str]:
    """Returns the pages that are neither photographed nor excused."""
    return sorted(page_names() - set(photographed) - NOT_PHOTOGRAPHED.keys() - excused_pages())


def _walk(resolver: URLResolver, *, spaces: tuple[str, ...] = (), path: str = "") -> Iterator[tuple[str, str]]:
    for one in resolver.url_patterns:
        here = f"{path}{one.pattern}"
        if isinstance(one, URLResolver):
            inner = (*spaces, one.namespace) if one.namespace else spaces
            yield from _walk(one, spaces=inner, path=here)
        elif isinstance(one, URLPattern) and one.name:
            yield ":".join((*spaces, one.name)), here
