"""Reads what the pages of patterns show of a store: its closes of twelve months, and the standings of the review year."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from cashdesk.domain.caller.principal import Principal
from cashdesk.models import AuditEntry, CashSession, Place, Store, User
from reconciliations.domain.pattern_closes import CountedClose, counted_closes, registers_of
from reconciliations.domain.pattern_review import months_of_review, prepare, review_of, twelve_months
from reconciliations.domain.pattern_setting import LOOKED, shows_people
from reconciliations.enums import PatternGroup
from reconciliations.patterns.close import Close, Group, label_of
from reconciliations.patterns.figures import limits
from reconciliations.patterns.review import Standing
from reconciliations.patterns.summary import Counted, Summary, summaries

LOOKS_MAX: Final = 20
PEOPLE_FROM: Final = 3
"""The fewest people in the list: with fewer, the difference to the total would tell one from another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What one look at the patterns of a store reads."""

    store: Store
    first: date
    last: date
    closes: Sequence[CountedClose]
    months: Sequence[date]
    """The months of the review year that are over."""
    has_people: bool
    """Whether the account shows patterns by person."""
    registers: Mapping[int, Place]
    counted: Sequence[Counted]
    """The closes as the statistics see them."""

    def by(self, group: Group) -> dict[int, Summary | int]:
        """Returns the figures of each group, or the number of its closes if they are fewer than ten."""
        return summaries(self.counted, lambda close: label_of(close, group))

    def of_store(self) -> Summary | int:
        """Returns the figures of all closes together, or their number."""
        return summaries(self.counted, _all_alike).get(0, 0)

    def standings(self, group: PatternGroup) -> dict[int, Standing]:
        """Returns the standing of each group in the review year. Runs one statement."""
        return review_of(store=self.store, group=group, months=self.months)

    def band(
        self, close: CountedClose, *, known: dict[tuple[int, int], tuple[int, int] | None]
    ) -> tuple[int, int] | None:
        """Returns the band for a close, from the closes of others at its register. `known` keeps the bands of a page."""
        key = (close.register, close.cashier)
        if key not in known:
            known[key] = limits(
                [one.difference for one in self.closes if one.register == key[0] and one.cashier != key[1]]
            )
        return known[key]


def _all_alike(_close: Close) -> int:
    return 0


def look_at(*, store: Store, by: Principal, at: datetime) -> Look:
    """Reads the closes of the last twelve months that the caller may see. Prepares the store first."""
    has_people = shows_people(store)
    prepare(store=store, at=at, with_people=has_people)
    first, last = twelve_months(store=store, at=at)
    registers = registers_of(store)
    # The closes of others give the bands of a strip, so everybody reads all that is not blind.
    closes = counted_closes(store=store, registers=registers, first=first, last=last, by=by)
    return Look(
        store=store,
        first=first,
        last=last,
        closes=closes,
        months=months_of_review(store=store, at=at),
        has_people=has_people,
        registers=registers,
        counted=[Counted(close=one.as_close, is_above=one.is_short_above_tolerance) for one in closes],
    )


def uuids_of(closes: Sequence[CountedClose]) -> dict[int, UUID]:
    """Returns the public ids of the sessions of some closes, which lead to their pages."""
    return dict(CashSession.objects.filter(pk__in=[one.session for one in closes]).values_list("pk", "uuid"))


def people_of(look: Look) -> list[User]:
    """Returns the people who closed in these months, in the order of their names."""
    found = User.objects.filter(pk__in={one.cashier for one in look.closes})
    return sorted(found, key=lambda person: (str(person).casefold(), person.pk))


def looks_at(person: User) -> list[AuditEntry]:
    """Returns the latest looks of others at the patterns of a person."""
    found = AuditEntry.objects.filter(action=LOOKED, subject=f"user:{person.pk}")
    return list(found.select_related("user").order_by("-pk")[:LOOKS_MAX])
