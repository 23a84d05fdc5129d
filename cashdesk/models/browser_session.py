"""Browser sessions: one row for each browser in which somebody is signed in."""

from typing import NoReturn

from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models

from cashdesk.models.person import User


class BrowserSession(AbstractBaseSession):
    """The session of one browser, with its person, so that people can see and end their own.

    `session_key` is the SHA-256 of the key in the cookie, so the rows open no session. The other columns repeat what the
    encoded session says (`cashdesk.web.browser_sessions`).
    """

    session_key = models.CharField(max_length=64, primary_key=True)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="browser_sessions", null=True, blank=True)
    is_desk_only = models.BooleanField(default=False, help_text="The person signed in with a PIN.")
    address = models.CharField(max_length=64, blank=True)
    user_agent = models.CharField(max_length=300, blank=True)
    signed_in_at = models.DateTimeField(null=True, blank=True)
    last_seen_at = models.DateTimeField()

    class Meta(AbstractBaseSession.Meta):
        verbose_name = "browser session"

    def __str__(self) -> str:
        return f"{self.user or 'a visitor'}, {self.address}"

    @classmethod
    def get_session_store_class(cls) -> NoReturn:
        """Models know no session store. Decode a row with `SessionStore().decode(row.session_data)`."""
        raise NotImplementedError
