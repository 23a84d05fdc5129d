"""Health checks: whether the process runs, and whether it can serve requests."""

from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from cashdesk import triggers
from cashdesk.lock_timeout import without_waiting
from cashdesk.models import SignInAttempt
from cashdesk.web.desk_only import answers_pin
from cashdesk.web.outages import is_outage, is_read_only


@answers_pin
@never_cache
@require_safe
def livez(request: HttpRequest) -> JsonResponse:
    """Answers 200 as long as the process runs."""
    return JsonResponse({"status": "ok"})


@answers_pin
@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Answers 200 if the database is reachable and writable, and has every migration and trigger. Otherwise answers 503.

    The body contains the result of each check.
    """
    try:
        connection.ensure_connection()
        executor = MigrationExecutor(connection)
        is_migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
        checks = {
            "database": True,
            "migrations": is_migrated,
            "triggers": is_migrated and not triggers.missing(connection),
            "writable": is_migrated and _is_writable(),
        }
    except Error:
        checks = {"database": False, "migrations": False, "triggers": False, "writable": False}
    is_ready = all(checks.values())
    return JsonResponse(
        {"status": "ok" if is_ready else "unavailable", "checks": checks}, status=200 if is_ready else 503
    )


def _is_writable() -> bool:
    """Whether the database accepts writes. Tries a DELETE that matches no row, so it changes nothing.

    The database also counts as writable if another connection holds a lock, because writers wait for each other.
    """
    try:
        with without_waiting(), connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {SignInAttempt._meta.db_table} WHERE id < 0")  # noqa: S608 (our own table)
    except Error as error:
        return is_outage(error) and not is_read_only(error)
    return True
