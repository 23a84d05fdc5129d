"""Reads in one statement what tells whether Today or the board changed, without reading what they show.

The marks are ids of rows, and no amounts. A change of state writes an audit entry. A drop and late money write none, so
the newest of them are marks too. A sale changes nothing that these pages show.
"""

from datetime import date

from django.db.models import CharField, Func, Subquery

from cashdesk.enums import CASH, MovementKind
from cashdesk.models import AuditEntry, Movement, Store, Variance


def marks_of(store: Store, *, today: date) -> tuple[int | None, ...]:
    """Returns the ids of a store's newest audit entry, its newest variance, and its last drop of the business date."""
    entry = AuditEntry.objects.filter(store=store).order_by("-pk").values("pk")[:1]
    variance = Variance.objects.filter(store=store).order_by("-raised_at", "-pk").values("pk")[:1]
    # Written out, as in queries.today, so that both databases use the partial index.
    kinds = [Func(template=f"'{MovementKind.DROP.value}'", output_field=CharField())]
    drops = Movement.objects.filter(store=store, business_date=today, method=CASH, kind__in=kinds)
    newest = drops.order_by("-pk").values("pk")[:1]
    rows = Store.objects.filter(pk=store.pk).values_list(Subquery(entry), Subquery(variance), Subquery(newest))
    return tuple(rows.get())
