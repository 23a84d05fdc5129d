"""The words of the page after a failed sign-in at the provider: the reason, and the next step for the person."""

from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext_noop as noop

from cashdesk.web import openid_provider


@dataclass(frozen=True, kw_only=True)
class Words:
    """The words of a failure, and the status of the page. `%(provider)s` stands for the name of the provider."""

    title: str
    told: str
    remedy: str
    status: int = 403


NOT_POSSIBLE: Final = noop("You cannot sign in with this account")
NOT_CONNECTED: Final = noop("The account is not connected")
FAILED: Final = noop("Signing in did not work")
TELL_OPERATOR: Final = noop("Tell the person who set up Cashdesk. The log of the server names the cause.")

WORDS: Final = {
    openid_provider.UNREACHABLE: Words(
        title=noop("%(provider)s does not answer"),
        told=noop("Cashdesk cannot reach %(provider)s right now, so nobody can sign in with it."),
        remedy=noop("Try again in a minute. Drawers that are open stay open."),
        status=503,
    ),
    openid_provider.MISFIT: Words(
        title=FAILED,
        told=noop("Cashdesk and %(provider)s do not fit together: a setting is wrong on one side."),
        remedy=TELL_OPERATOR,
        status=500,
    ),
    openid_provider.DENIED: Words(
        title=FAILED,
        told=noop("%(provider)s did not let you in, or you cancelled."),
        remedy=noop("Try again, or ask the people who run %(provider)s for access to Cashdesk."),
    ),
    openid_provider.STALE: Words(
        title=FAILED,
        told=noop("This sign-in was begun in another window, took too long, or was used already."),
        remedy=noop("Try again."),
        status=400,
    ),
    openid_provider.CLOCK: Words(
        title=FAILED,
        told=noop("The clocks of Cashdesk and %(provider)s differ by more than a minute."),
        remedy=TELL_OPERATOR,
        status=500,
    ),
    openid_provider.FORGED: Words(
        title=FAILED,
        told=noop("The answer of %(provider)s is not meant for this installation, or somebody changed it."),
        remedy=noop("Try again. If it happens again, tell the person who set up Cashdesk."),
        status=400,
    ),
    "again": Words(
        title=FAILED,
        told=noop("This sign-in was begun in another window, took too long, or was used already."),
        remedy=noop("Try again."),
        status=400,
    ),
    "unknown_person": Words(
        title=NOT_POSSIBLE,
        told=noop("Nobody in Cashdesk has this account yet."),
        remedy=noop("Ask your manager or an admin for access."),
    ),
    "inactive": Words(
        title=NOT_POSSIBLE,
        told=noop("Your access to Cashdesk is switched off."),
        remedy=noop("Ask your manager or an admin for access."),
    ),
    "unknown_group": Words(
        title=NOT_POSSIBLE,
        told=noop("Your account is in no group that gives access to Cashdesk."),
        remedy=noop("Ask the people who run %(provider)s to add you to a group for Cashdesk."),
    ),
    "no_store": Words(
        title=NOT_POSSIBLE,
        told=noop("Cashdesk does not know in which store you work."),
        remedy=noop("Ask an admin for your store, or the people who run %(provider)s for its group."),
    ),
    "no_account": Words(
        title=FAILED,
        told=noop("Cashdesk and %(provider)s do not fit together: a setting is wrong on one side."),
        remedy=TELL_OPERATOR,
        status=500,
    ),
    "taken": Words(
        title=NOT_CONNECTED,
        told=noop("Somebody else in Cashdesk already uses this account of %(provider)s."),
        remedy=noop("Try again, and sign in at %(provider)s with your own account."),
        status=409,
    ),
    "connected": Words(
        title=NOT_CONNECTED,
        told=noop("You are already connected to another account of %(provider)s."),
        remedy=noop("Disconnect that account first."),
        status=409,
    ),
    "drawer_open": Words(
        title=NOT_POSSIBLE,
        told=noop("Your groups have changed, but you still have a drawer open in another store."),
        remedy=noop("Ask the manager of that store to close it, with or without a count. Then try again."),
        status=409,
    ),
}


def words_for(reason: str) -> Words:
    """Returns the words for a refusal or failure. Unknown reasons get the words for `misfit`."""
    return WORDS.get(reason, WORDS[openid_provider.MISFIT])
