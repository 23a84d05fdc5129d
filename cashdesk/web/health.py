"""Whether the process lives, and whether it can do its work."""

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from cashdesk import triggers


@never_cache
@require_safe
def livez(request: HttpRequest) -> JsonResponse:
    """Answers while the process can answer."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Answers 200 when the database answers, has every migration, and every trigger that guards the ledger; else 503."""
    try:
        connection.ensure_connection()
        executor = MigrationExecutor(connection)
        is_migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
        checks = {
            "database": True,
            "migrations": is_migrated,
            "triggers": is_migrated and not triggers.missing(connection),
        }
    except DatabaseError:
        checks = {"database": False, "migrations": False, "triggers": False}
    is_ready = all(checks.values())
    return JsonResponse(
        {"status": "ok" if is_ready else "unavailable", "checks": checks}, status=200 if is_ready else 503
    )
