"""Shows the address for setting up an empty installation: on the console, and in the log of the server."""

import os
from typing import Final

import structlog
from django.conf import settings
from django.db import Error, connections
from django.urls import reverse
from django.utils import timezone

from cashdesk.domain.setup.setup_link import AlreadySetUp, issue_setup_link, issue_setup_link_of_start

logger = structlog.get_logger(__name__)

LOCAL: Final = "http://127.0.0.1"


def setup_address(secret: str) -> str:
    """Returns the address of a setup link: on the first host of ALLOWED_HOSTS in production, else on this machine."""
    path = f"{reverse('setup')}?token={secret}"
    if not settings.IS_PRODUCTION:
        return f"{LOCAL}:{os.environ.get('PORT', '8000')}{path}"
    return f"https://{settings.ALLOWED_HOSTS[0].lstrip('.')}{path}"


def setup_words() -> str:
    """Makes a setup link and returns the words for the console. Returns "" if the installation is set up."""
    try:
        secret = issue_setup_link(at=timezone.now())
    except AlreadySetUp:
        return ""
    return (
        "This installation is empty. Set up your first store here, within 24 hours:\n\n"
        f"  {setup_address(secret)}\n\n"
        "Keep the link to yourself: whoever opens it owns the installation."
    )


def log_setup_link() -> None:
    """Logs a setup link if the installation is empty. Never fails: without a database the server starts all the same."""
    try:
        secret = issue_setup_link_of_start(at=timezone.now())
        if secret:
            logger.warning("installation_is_empty", set_up_at=setup_address(secret))
    except (Error, AlreadySetUp) as error:
        logger.warning("setup_link_failed", error=type(error).__name__)


def log_setup_link_in_thread() -> None:
    """Logs a setup link in a thread of its own, and closes the connection of the thread."""
    try:
        log_setup_link()
    finally:
        connections.close_all()
