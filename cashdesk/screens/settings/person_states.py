"""Words for a person's role and state: active, invited or switched off."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from cashdesk.domain.people.invitation import is_invited, open_invitations
from cashdesk.enums import Role
from cashdesk.formats import style
from cashdesk.models import User


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A person in a list. `css` is the class of the state."""

    person: User
    role: str
    state: str
    css: str
    is_invited: bool


def rows_of(people: Sequence[User], *, at: datetime) -> list[Row]:
    """Returns the rows of people, with one query for their invitations."""
    invited = [person for person in people if is_invited(person)]
    links = open_invitations(invited, at=at) if invited else {}
    rows = []
    for person in people:
        state, css = _("Active"), "good"
        if not person.is_active:
            state, css = _("Off"), "closed"
        elif is_invited(person):
            link = links.get(person.pk)
            state, css = (
                (_("Invited until %(day)s") % {"day": day_of(link.expires_at, person)}, "open")
                if link
                else (
                    _("Invitation ended"),
                    "over",
                )
            )
        rows.append(Row(person=person, role=role_of(person), state=state, css=css, is_invited=is_invited(person)))
    return rows


def role_of(person: User) -> str:
    """Returns the word for a person's role."""
    words = {Role.CASHIER: _("Cashier"), Role.MANAGER: _("Manager"), Role.ADMIN: _("Admin")}
    return words[Role(person.role)]


def day_of(at: datetime, person: User) -> str:
    """Writes a day as people in the person's store read it."""
    zone = person.store.time_zone if person.store is not None else "UTC"
    return style().date(at.astimezone(ZoneInfo(zone)).date())
