"""Limits wrong passwords, per name and per source (docs/decisions/0019-signing-in-and-being-held-back.md).

Each name has three separate limits, one for each kind of source (`TryBy`):

- STRANGER: requests of which only the address is known.
- INSIDER: devices on which the person has signed in before, and signed-in colleagues. Strangers cannot use up this limit.
- SELF: requests with the person's own token or browser session.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Final

from django.db.models import Count, Max, Min, Q, QuerySet
from django.utils.translation import gettext as _

from cashdesk.enums import TryBy
from cashdesk.errors import TooManyAttempts
from cashdesk.models import SignInAttempt, User

WINDOW: Final = timedelta(hours=1)
"""An attempt counts for this time."""
PER_SOURCE: Final = {TryBy.STRANGER: 10, TryBy.INSIDER: 7, TryBy.SELF: 10}
"""The most attempts of one source for one name within WINDOW. A source is an address, a device or a person."""
PER_NAME: Final = {TryBy.STRANGER: 15, TryBy.INSIDER: 15, TryBy.SELF: 10}
"""The most attempts of all sources of one kind for one name within WINDOW.

The sum of these numbers is the most passwords that all sources together can try for one name in an hour.
"""
FREE: Final = 3
"""The number of attempts without a wait. Each later attempt must wait twice as long as the attempt before it."""
FIRST_WAIT: Final = timedelta(seconds=5)

ADDRESS_WINDOW: Final = timedelta(minutes=15)
PER_ADDRESS: Final = 50
"""The most attempts of strangers at one address, for all names together, within ADDRESS_WINDOW."""
PER_KNOWN_SOURCE: Final = 30
"""The most attempts of a known device or a signed-in person, for all names together, within WINDOW."""

LINKS_PER_NAME: Final = 3
"""The most mails with a link for one person within WINDOW."""
LINKS_PER_ADDRESS: Final = 20
"""The most requests for such mails from one address within ADDRESS_WINDOW."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The origin of a sign-in attempt.

    `address` is the network address, and `user_agent` the name that the browser or program sends of itself. `device` is
    the id in the device's signed cookie, or "" without a cookie. `people` are the ids of the people who signed in on
    that device before. `sender` is the person whose token or browser session the request has.
    """

    address: str
    user_agent: str = ""
    device: str = ""
    people: frozenset[int] = frozenset()
    sender: User | None = None

    def counter_of(self, user: User | None) -> tuple[str, TryBy]:
        """Returns the counter of this source for attempts with the name of `user`, and the kind of the source.

        `user` is None for an unknown name. If the sender is signed in, an unknown name counts like the name of a
        colleague, so that the limits do not reveal which names exist.
        """
        sender = self.sender
        if user is not None and sender is not None and sender.pk == user.pk:
            return f"person:{sender.pk}", TryBy.SELF
        if user is not None and user.pk in self.people:
            return f"device:{self.device}", TryBy.INSIDER
        if sender is not None:
            is_colleague = user is None or user.account_id == sender.account_id
            return f"person:{sender.pk}", TryBy.INSIDER if is_colleague else TryBy.STRANGER
        return f"address:{self.address}", TryBy.STRANGER


NOWHERE: Final = Source(address="")
"""The source of actions that no request began, such as those of commands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """A sign-in attempt, which is counted before its password is checked."""

    name_digest: str
    source_digest: str

    def forgive(self) -> None:
        """Deletes the attempts of this source for this name. Called after a correct password.

        The attempts of other sources are kept.
        """
        SignInAttempt.objects.filter(identifier_digest=self.name_digest, source_digest=self.source_digest).delete()


def count_try(*, name: str, user: User | None, source: Source, at: datetime) -> Try:
    """Counts an attempt. Call it before the password check, so that all of several simultaneous attempts count.

    All names of one person have the same counters. Raises TooManyAttempts with the number of seconds to wait. Such a
    refused attempt is not counted, so a person who tries again too early does not wait longer.
    """
    counter, by = source.counter_of(user)
    counted = Try(name_digest=_name_digest(name, user), source_digest=_digest(counter))
    attempt = SignInAttempt.objects.create(
        identifier_digest=counted.name_digest,
        source_digest=counted.source_digest,
        by=by,
        address=source.address,
        at=at,
    )
    is_address = counter.startswith("address:")
    wait = _wait(counted, attempt=attempt, is_address=is_address, at=at)
    if wait > timedelta(0):
        attempt.delete()
        raise TooManyAttempts(
            _("Too many wrong tries. Wait a while, then try again."),
            retry_after_seconds=ceil(wait.total_seconds()),
        )
    return counted


def count_wrong_refresh(*, source: Source, at: datetime) -> None:
    """Counts a wrong refresh token. Raises TooManyAttempts after PER_ADDRESS of them from one address.

    These attempts have a counter of their own, so they never keep anybody from signing in. A valid refresh token is not
    counted here, so wrong ones never block it.
    """
    digest = _digest(f"refresh:{source.address}")
    recent = SignInAttempt.objects.filter(source_digest=digest, at__gt=at - ADDRESS_WINDOW)
    found = recent.aggregate(count=Count("pk"), first=Min("at"))
    if found["count"] >= PER_ADDRESS:
        raise TooManyAttempts(
            _("Too many wrong tries. Wait a while, then try again."),
            retry_after_seconds=max(1, ceil((found["first"] + ADDRESS_WINDOW - at).total_seconds())),
        )
    SignInAttempt.objects.create(
        identifier_digest=digest, source_digest=digest, by=TryBy.STRANGER, address=source.address, at=at
    )


def count_request_for_link(*, name: str, user: User | None, source: Source, at: datetime) -> bool:
    """Counts a request for a mail with a link. Returns whether the person had fewer than LINKS_PER_NAME within WINDOW.

    Unknown names count too, with the same queries. Raises TooManyAttempts after too many requests from one address.
    These attempts have counters of their own, so they never keep anybody from signing in.
    """
    of_address = _digest(f"link:address:{source.address}")
    of_name = _digest(f"link:{_name_digest(name, user)}")
    recent = SignInAttempt.objects.filter(
        Q(source_digest=of_address, at__gt=at - ADDRESS_WINDOW) | Q(identifier_digest=of_name, at__gt=at - WINDOW)
    ).aggregate(
        address=Count("pk", filter=Q(source_digest=of_address, at__gt=at - ADDRESS_WINDOW)),
        first=Min("at", filter=Q(source_digest=of_address, at__gt=at - ADDRESS_WINDOW)),
        name=Count("pk", filter=Q(identifier_digest=of_name)),
    )
    if recent["address"] >= LINKS_PER_ADDRESS:
        raise TooManyAttempts(
            _("Too many requests. Wait a while, then try again."),
            retry_after_seconds=max(1, ceil((recent["first"] + ADDRESS_WINDOW - at).total_seconds())),
        )
    SignInAttempt.objects.create(
        identifier_digest=of_name, source_digest=of_address, by=TryBy.STRANGER, address=source.address, at=at
    )
    return bool(recent["name"] < LINKS_PER_NAME)


def recent_tries(user: User, *, at: datetime) -> "QuerySet[SignInAttempt]":
    """Returns the failed attempts of all sources that still count for a person."""
    return SignInAttempt.objects.filter(identifier_digest=_name_digest("", user), at__gt=at - WINDOW)


def delete_expired_tries(*, at: datetime) -> int:
    """Deletes the attempts that no longer count. Returns the number of deleted attempts."""
    deleted, _by_model = SignInAttempt.objects.filter(at__lte=at - WINDOW).delete()
    return deleted


def _wait(counted: Try, *, attempt: SignInAttempt, is_address: bool, at: datetime) -> timedelta:
    """Returns the time to wait before this attempt is allowed, or 0 if it is allowed now. Runs one query."""
    window, most = (ADDRESS_WINDOW, PER_ADDRESS) if is_address else (WINDOW, PER_KNOWN_SOURCE)
    of_name, of_source = Q(identifier_digest=counted.name_digest), Q(source_digest=counted.source_digest)
    of_lane, of_window = of_name & Q(by=attempt.by), of_source & Q(at__gt=at - window)
    found = (
        SignInAttempt.objects.filter(of_name | of_source, at__gt=at - WINDOW)
        .exclude(pk=attempt.pk)
        .aggregate(
            both=Count("pk", filter=of_name & of_source),
            both_first=Min("at", filter=of_name & of_source),
            both_last=Max("at", filter=of_name & of_source),
            lane=Count("pk", filter=of_lane),
            lane_first=Min("at", filter=of_lane),
            source=Count("pk", filter=of_window),
            source_first=Min("at", filter=of_window),
        )
    )
    by, waits = TryBy(attempt.by), [timedelta(0)]
    if found["both"] >= PER_SOURCE[by]:
        waits.append(found["both_first"] + WINDOW - at)
    elif found["both"] >= FREE:
        waits.append(found["both_last"] + FIRST_WAIT * 2 ** (found["both"] - FREE) - at)
    if found["lane"] >= PER_NAME[by]:
        waits.append(found["lane_first"] + WINDOW - at)
    if found["source"] >= most:
        waits.append(found["source_first"] + window - at)
    return max(waits)


def _name_digest(name: str, user: User | None) -> str:
    """Returns the digest of a name. The name itself is not stored: people sometimes type a password into that field."""
    return _digest(f"user:{user.pk}" if user else f"text:{name.lower()}")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
