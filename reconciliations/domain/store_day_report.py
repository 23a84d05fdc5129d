"""Makes the numbered report of a business day when it closes, and proves that nobody changed one."""

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC
from itertools import islice
from typing import Any, Final

from django.db.models import Subquery

from cashdesk.models import BusinessDay, Store
from reconciliations.domain.store_day_contents import contents_of, takings_of, takings_of_days
from reconciliations.models import StoreDayReport

REPORTS_TOGETHER: Final = 400
"""Reports whose takings are summed with one statement."""


def make_report(*, day: BusinessDay) -> StoreDayReport:
    """Makes the report of a day that is just being closed, with the next number of the store.

    The caller holds the locks of all places of the store, so no posting is in progress and no other day of the store is
    closed meanwhile.
    """
    store = day.store
    last = StoreDayReport.objects.filter(store=store).order_by("-number").first()
    report = StoreDayReport(
        store=store,
        number=last.number + 1 if last else 1,
        day=day,
        made_at=day.closed_at,
        contents=contents_of(store=store, on=day.date, last_movement=day.last_movement),
        previous_digest=last.digest if last else "",
    )
    report.digest = digest_of(report)
    report.save(force_insert=True)
    return report


def digest_of(report: StoreDayReport) -> str:
    """Returns the SHA-256 of a report: of its number, its day, its contents and the digest before."""
    head = {
        "store": report.store_id,
        "number": report.number,
        "date": report.day.date.isoformat(),
        "made_at": report.made_at.astimezone(UTC).isoformat(),
        "closed_by": report.day.closed_by_id,
        "last_movement": report.day.last_movement,
        "previous_digest": report.previous_digest,
        "contents": report.contents,
    }
    # Sorted JSON, because PostgreSQL returns the keys of an object in its own order.
    return hashlib.sha256(json.dumps(head, sort_keys=True, ensure_ascii=True).encode()).hexdigest()


def faults_of_reports(store: Store) -> Iterator[str]:
    """Yields one sentence per fault in the store-day reports of a store.

    Computes every digest and the takings again, and checks that numbers and digests form one chain.
    """
    number, digest = 0, ""
    rows = StoreDayReport.objects.filter(store=store).select_related("day", "store").order_by("number")
    for report, takings in _with_takings(rows.iterator(chunk_size=REPORTS_TOGETHER), store):
        named = f"Store-day report {report.number} of store {store.number}:"
        if report.number != number + 1:
            yield f"{named} report {number + 1} is missing."
        elif report.previous_digest != digest:
            yield f"{named} it does not follow from the report before it."
        if report.digest != digest_of(report):
            yield f"{named} its contents differ from those that were sealed."
        if takings != report.contents["takings"]:
            yield f"{named} its takings differ from the movements of the day."
        number, digest = report.number, report.digest
    first = StoreDayReport.objects.filter(store=store).order_by("number").values("day_id")[:1]
    # Days that were closed before there were reports have none.
    for day in BusinessDay.objects.filter(store=store, pk__gt=Subquery(first), report__isnull=True).order_by("pk"):
        yield f"Business day {day.date} of store {store.number}: its report is missing."


def _with_takings(
    reports: Iterator[StoreDayReport], store: Store
) -> Iterator[tuple[StoreDayReport, list[dict[str, Any]]]]:
    """Yields each report with the takings of its day as they are now, summed for many reports at once.

    A report that leaves out drawers is summed alone.
    """
    while chunk := list(islice(reports, REPORTS_TOGETHER)):
        whole = [report.day.date for report in chunk if not any(report.contents["leaves_out"].values())]
        found = takings_of_days(store=store, days=whole)
        for report in chunk:
            day, leaves_out = report.day, report.contents["leaves_out"]
            takings = found.get(day.date)
            if takings is None:
                takings = takings_of(store=store, on=day.date, until=day.last_movement, leaves_out=leaves_out)
            yield report, takings
