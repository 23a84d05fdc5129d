"""The product without its locks, for `gunicorn tests.storms.unlocked` only. A storm must find faults in it.

On PostgreSQL no place is locked and no posting is guarded. Each act pauses where it would hold its lock, or a quick
machine may get through a short storm without a fault. On SQLite, transactions begin with a read, so writers do not queue.
"""

import sys
import time
from collections.abc import Iterable
from typing import Any

import django
from django.conf import settings
from django.db import connection

SECONDS_UNLOCKED = 0.05
DATABASE = settings.DATABASES["default"]
if DATABASE["ENGINE"] == "cashdesk.sqlite":
    # Before the application is there: each of its connections reads this once.
    DATABASE["ENGINE"] = "django.db.backends.sqlite3"
    DATABASE["OPTIONS"]["transaction_mode"] = "DEFERRED"

# Models can be imported only once the applications are set up.
django.setup()

from cashdesk.domain.ledger import ledger  # noqa: E402
from cashdesk.domain.store.place_lock import lock_places  # noqa: E402
from cashdesk.models import Place  # noqa: E402
from config.wsgi import application  # noqa: E402

record = ledger.record


def lock_nothing(*, exclusive: Iterable[Place] = (), shared: Iterable[Place] = ()) -> dict[int, Place]:
    """Does the work of `lock_places` without a lock."""
    places = Place.objects.in_bulk([wanted.pk for wanted in (*exclusive, *shared)])
    if connection.vendor == "postgresql":
        time.sleep(SECONDS_UNLOCKED)
    return places


def record_unguarded(**entries: Any) -> Any:
    """Does the work of `ledger.record` without the guard."""
    return record(**{**entries, "guard": None})


# Each module that locks has the function under its own name.
for module in list(sys.modules.values()):
    if getattr(module, "lock_places", None) is lock_places:
        vars(module)["lock_places"] = lock_nothing
ledger.record = record_unguarded
__all__ = ["application"]
