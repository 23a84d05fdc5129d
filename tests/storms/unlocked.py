"""The product with its locks taken out, for `gunicorn tests.storms.unlocked` alone: a storm that this survives is none.

On PostgreSQL no place is locked any more and no posting is guarded. SQLite has one lock, the transaction that begins by
taking the right to write; here it begins by reading, as SQLite does when nobody says otherwise.
"""

from collections.abc import Iterable
from typing import Any

import django
from django.conf import settings

if settings.DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # Before the application is there: each of its connections reads this once.
    settings.DATABASES["default"]["OPTIONS"]["transaction_mode"] = "DEFERRED"

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
