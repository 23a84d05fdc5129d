"""`manage.py worker` for tests that kill it: the same worker, which waits for less time."""

import os
from datetime import timedelta

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

if __name__ == "__main__":
    django.setup()

    from django.core.management import call_command

    from cashdesk.web.webhooks import lane, schedule, worker

    lane.LEASED_FOR = timedelta(seconds=1)  # type: ignore[misc]
    schedule.DELAYS = ()  # type: ignore[misc]
    schedule.LAST_DELAY = timedelta(milliseconds=100)  # type: ignore[misc]
    worker.IDLE = timedelta(milliseconds=50)  # type: ignore[misc]
    worker.UNREACHABLE = timedelta(milliseconds=50)  # type: ignore[misc]
    call_command("worker", threads=4)
