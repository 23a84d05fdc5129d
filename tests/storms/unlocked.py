"""The product without its locks, for `gunicorn tests.storms.unlocked` only. A storm must find faults in it.

On PostgreSQL no place is locked and no posting is guarded. Each act that would hold a lock pauses before it commits. So all
acts that come meanwhile read the rows of before, and a short storm finds a fault on a quick machine and on a busy one. On
SQLite, transactions begin with a read, so writers do not queue.
"""

import sys
import time
from collections.abc import Iterable
from typing import Any

import django
from django.conf import settings
from django.db import connection, connections

SECONDS_UNLOCKED = 0.05
DATABASE = settings.DATABASES["default"]
if DATABASE["ENGINE"] == "cashdesk.sqlite":
    # Before the application is there: each of its connections reads this once.
    DATABASE["ENGINE"] = "django.db.backends.sqlite3"
    DATABASE["OPTIONS"]["transaction_mode"] = "DEFERRED"

# Models can be imported only once the applications are set up.
django.setup()

from cashdesk.domain.ledger import ledger  # noqa: E402
from cashdesk.domain.store import place_lock  # noqa: E402
from cashdesk.models import Place  # noqa: E402
from config.wsgi import application  # noqa: E402

lock_places, record = place_lock.lock_places, ledger.record


def lock_nothing(*, exclusive: Iterable[Place] = (), shared: Iterable[Place] = ()) -> dict[int, Place]:
    """Does the work of `lock_places` without a lock."""
    connection.would_hold_locks = True  # type: ignore[attr-defined]
    return Place.objects.in_bulk([wanted.pk for wanted in (*exclusive, *shared)])


def commit_slowly(connection: Any) -> Any:
    """Commits, after a pause if the transaction has called `lock_nothing`."""
    if vars(connection).pop("would_hold_locks", False):
        time.sleep(SECONDS_UNLOCKED)
    return commit(connection)


def record_unguarded(**entries: Any) -> Any:
    """Does the work of `ledger.record` without the guard."""
    return record(**{**entries, "guard": None})


# Each module that locks has the function under its own name. A module that is imported later takes that of `place_lock`.
for name, module in list(sys.modules.items()):
    if name != __name__ and getattr(module, "lock_places", None) is lock_places:
        vars(module)["lock_places"] = lock_nothing
assert place_lock.lock_places is lock_nothing
ledger.record = record_unguarded
if connection.vendor == "postgresql":
    # Of the class, because each thread has a connection of its own.
    of_postgresql = type(connections["default"])
    commit = of_postgresql._commit
    of_postgresql._commit = commit_slowly
__all__ = ["application"]
