"""Freezes the evidence of months, and reviews a year of it.

A month enters when it is over and 7 days have passed. Its evidence is that of the books at that instant, whenever it is
made, so that it does not matter who looks first. After that it never changes.
"""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Exists, OuterRef

from cashdesk.enums import PlaceKind, SessionStatus
from cashdesk.models import CashSession, Place, Store, User
from reconciliations.domain.pattern_closes import counted_closes, keep_facts, registers_of
from reconciliations.enums import PatternGroup
from reconciliations.models import PatternEvidence, PatternMonth
from reconciliations.patterns.close import Group
from reconciliations.patterns.evidence import Evidence, Logs, Question, evidence_of_month
from reconciliations.patterns.review import Month, Standing, family_of, review

WAITS: Final = timedelta(days=7)
LOOKS_BACK: Final = timedelta(days=365)
"""Figures describe the closes of twelve months."""
WEEKDAYS: Final = 7


def frozen_until(month: date, *, store: Store) -> datetime:
    """Returns the instant at which the evidence of a month is frozen: the start of the 8th of the next month."""
    return datetime.combine(next_month(month) + WAITS, time(0), ZoneInfo(store.time_zone))


def next_month(month: date) -> date:
    """Returns the first day of the next month."""
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1)


def latest_month(*, store: Store, at: datetime) -> date:
    """Returns the newest month whose evidence can be frozen."""
    today = at.astimezone(ZoneInfo(store.time_zone)).date()
    month = (today.replace(day=1) - timedelta(days=1)).replace(day=1)
    if at < frozen_until(month, store=store):
        month = (month - timedelta(days=1)).replace(day=1)
    return month


def months_of_review(*, store: Store, at: datetime) -> list[date]:
    """Returns the months of the review year that are over, oldest first. Until 8 February that is the year before."""
    latest = latest_month(store=store, at=at)
    return [date(latest.year, number, 1) for number in range(1, latest.month + 1)]


def twelve_months(*, store: Store, at: datetime) -> tuple[date, date]:
    """Returns the first and the last business date that figures describe."""
    today = at.astimezone(ZoneInfo(store.time_zone)).date()
    return today - LOOKS_BACK, today


def prepare(*, store: Store, at: datetime, with_people: bool) -> None:
    """Keeps the facts of new closes and freezes the months that are over. Two statements if there is nothing to do.

    `close_days` does this every day, and the first look does what is left. Without `with_people` no evidence about people
    is made.
    """
    first, _last = twelve_months(store=store, at=at)
    keep_facts(store=store, first=min(months_of_review(store=store, at=at)[0], first))
    groups = [PatternGroup.REGISTER, PatternGroup.WEEKDAY, *([PatternGroup.CASHIER] if with_people else [])]
    freeze_months(store=store, groups=groups, at=at)


def freeze_months(*, store: Store, groups: Sequence[PatternGroup], at: datetime) -> int:
    """Freezes the months of the review year that are not frozen yet. Returns how many it froze.

    Runs one statement if there are none. The facts of the closes must be kept before.
    """
    wanted = months_of_review(store=store, at=at)
    known = set(
        PatternMonth.objects.filter(store=store, month__gte=wanted[0], month__lte=wanted[-1]).values_list(
            "group", "month"
        )
    )
    missing = [month for month in wanted if any((group, month) not in known for group in groups)]
    for month in missing:
        _freeze(month, [group for group in groups if (group, month) not in known], store=store, at=at)
    return len(missing)


def _freeze(month: date, groups: Sequence[PatternGroup], *, store: Store, at: datetime) -> None:
    as_of = frozen_until(month, store=store)
    last = next_month(month) - timedelta(days=1)
    closes = [
        one.as_close
        for one in counted_closes(store=store, registers=registers_of(store), first=month, last=last, as_of=as_of)
    ]
    for group in groups:
        family = _family(group, store=store, year=month.year, until=as_of)
        found = evidence_of_month(closes, Group(group))
        with transaction.atomic():
            # Somebody else may freeze the same month now. The store's row lets them wait for each other.
            Store.objects.select_for_update(no_key=True).get(pk=store.pk)
            kept, is_new = PatternMonth.objects.get_or_create(
                store=store,
                month=month,
                group=group,
                defaults={"closes": len(closes), "family": family, "made_at": at},
            )
            if is_new:
                PatternEvidence.objects.bulk_create(_row(kept, label, one) for label, one in sorted(found.items()))


def _family(group: PatternGroup, *, store: Store, year: int, until: datetime) -> int:
    """Returns how many groups of the account count for the threshold: those that closed in the review year so far."""
    if group == PatternGroup.WEEKDAY:
        return WEEKDAYS
    closed = CashSession.objects.filter(
        status=SessionStatus.CLOSED, business_date__gte=date(year, 1, 1), closed_at__lt=until
    )
    if group == PatternGroup.CASHIER:
        people = User.objects.filter(Exists(closed.filter(user=OuterRef("pk"), store__account=store.account_id)))
        return family_of(people.count())
    registers = Place.objects.filter(store__account=store.account_id, kind=PlaceKind.REGISTER)
    return family_of(registers.filter(Exists(closed.filter(register=OuterRef("pk")))).count())


def _row(month: PatternMonth, label: int, one: Evidence) -> PatternEvidence:
    return PatternEvidence(
        month=month,
        label=label,
        closes=one.closes,
        compared=one.compared,
        peers=sorted(one.peers),
        logs={question: list(logs) for question, logs in one.logs.items()},
        parts={
            question: {str(cashier): list(logs) for cashier, logs in parts.items()}
            for question, parts in one.parts.items()
        },
    )


def review_of(*, store: Store, group: PatternGroup, months: Sequence[date]) -> dict[int, Standing]:
    """Returns the standing of each group by the frozen months. Runs one statement."""
    rows = PatternEvidence.objects.filter(
        month__store=store, month__group=group, month__month__gte=months[0], month__month__lte=months[-1]
    ).values_list("month__month", "month__family", "label", "closes", "compared", "peers", "logs", "parts")
    by_month: dict[date, tuple[int, dict[int, Evidence]]] = {}
    for month, family, label, closes, compared, peers, logs, parts in rows:
        by_month.setdefault(month, (family, {}))[1][label] = Evidence(
            closes=closes,
            compared=compared,
            peers=set(peers),
            logs={Question(question): _logs(values) for question, values in logs.items()},
            parts={
                Question(question): {int(cashier): _logs(values) for cashier, values in of.items()}
                for question, of in parts.items()
            },
        )
    return review(
        Month(month=month, family=family, evidence=evidence) for month, (family, evidence) in sorted(by_month.items())
    )


def _logs(values: Sequence[float]) -> Logs:
    return values[0], values[1], values[2]


def forget_people(*, at: datetime) -> int:
    """Deletes the evidence about people of review years before the last one. Returns the number of months."""
    old = PatternMonth.objects.filter(group=PatternGroup.CASHIER, month__lt=date(at.year - 1, 1, 1))
    with transaction.atomic():
        PatternEvidence.objects.filter(month__in=old).delete()
        number, _by_model = old.delete()
    return number
