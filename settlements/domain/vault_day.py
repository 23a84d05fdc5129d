"""The movements of a vault on a business day. A look before the count is noted in the audit trail (law 5)."""

from datetime import date, datetime
from heapq import merge
from itertools import islice

from django.db import transaction

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.ledger.expected import last_seal_of
from cashdesk.domain.visibility import note_seen
from cashdesk.models import Movement, Place
from settlements.domain.report import refuse_unknown
from settlements.domain.visibility import refuse_vault_movements


@transaction.atomic
def vault_movements(
    *, vault: Place, day: date, limit: int, by: Principal, at: datetime, before: int | None = None
) -> list[Movement]:
    """Returns the vault's movements of a business day, newest first, at most `limit`. `before` is an id for paging.

    Shows no sum, but a reader could add up the movements. So a look at a period that is not counted yet is noted in
    the audit trail. Raises NotFound for a vault out of scope, and Forbidden for cashiers.
    """
    refuse_unknown(vault, by=by)
    refuse_vault_movements(by)
    rows = Movement.objects.filter(business_date=day).order_by("-pk")
    rows = rows.select_related("source", "destination", "recorded_by", "session", "reverses", "reversed_by", "deposit")
    if before is not None:
        rows = rows.filter(pk__lt=before)
    # Two queries, because source and destination have separate indexes. No movement is in both results.
    halves = (rows.filter(source=vault)[:limit], rows.filter(destination=vault)[:limit])
    found = list(islice(merge(*halves, key=lambda movement: -movement.pk), limit))
    seal = last_seal_of(vault)
    if found and found[0].pk > (seal.last_movement if seal is not None else 0):
        note_seen(
            subject=f"place:{vault.pk}",
            by=by,
            at=at,
            store=vault.store,
            detail={"movements_of": day.isoformat()},
        )
    return found
