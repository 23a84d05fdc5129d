"""The product with its locks taken out, for `gunicorn tests.storms.unlocked` alone: a storm that this survives is none.

On PostgreSQL no place is locked any more and no posting is guarded. SQLite has one lock, the transaction, for which
writers queue up; here nobody queues, and a transaction begins by reading, as it does when nobody says otherwise.
"""

from collections.abc import Iterable
from typing import Any

import django
from django.conf import settings

DATABASE = settings.DATABASES["default"]
if DATABASE["ENGINE"] == "cashdesk.sqlite":
    # Before the application is there: each of its connections reads this once.
    DATABASE["ENGINE"] = "django.db.backends.sqlite3"
    DATABASE["OPTIONS"]["transaction_mode"] = "DEFERRED"

# Models can be imported only once the applications are set up.
django.setup()

from cashdesk.domain import ledger, place  # noqa: E402
from cashdesk.models import Place  # noqa: E402
from config.wsgi import application  # noqa: E402

record = ledger.record


def lock_nothing(*, exclusive: Iterable[Place] = (), shared: Iterable[Place] = ()) -> dict[int, Place]:
    """Returns what `place.lock` does, read without a lock."""
    return Place.objects.in_bulk([wanted.pk for wanted in (*exclusive, *shared)])


def record_unguarded(**entries: Any) -> Any:
    """Does what `ledger.record` does, whatever became of the place meanwhile."""
    return record(**{**entries, "guard": None})


place.lock = lock_nothing
ledger.record = record_unguarded
__all__ = ["application"]
