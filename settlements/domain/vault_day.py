"""The movements of a vault on a business day. A look before the count is noted in the audit trail (law 5)."""

from datetime import date, datetime

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Coalesce

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
    of_day = Movement.objects.filter(Q(source=vault) | Q(destination=vault), store=vault.store, business_date=day)
    if before is not None:
        of_day = of_day.filter(pk__lt=before)
    # An expression, because in the order of ids the database would walk through all later movements of the vault.
    newest = of_day.order_by(Coalesce("pk", "pk").desc()).values_list("pk", flat=True)[:limit]
    joined = ("source", "destination", "recorded_by", "session", "reverses", "reversed_by", "deposit")
    found = list(Movement.objects.filter(pk__in=list(newest)).select_related(*joined).order_by("-pk"))
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
