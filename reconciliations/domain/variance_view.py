"""Saves the filters of the list of variances under a name. Each person has their own views, and nobody else sees them."""

from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from cashdesk.domain.caller.principal import Principal
from cashdesk.errors import Conflict, Forbidden, InvalidInput, NotFound
from cashdesk.models import User
from reconciliations.models import VarianceView
from reconciliations.models.variance_view import NAME_MAX, QUERY_MAX

VIEWS_MAX: Final = 20


@transaction.atomic
def save_view(*, name: str, query: str, by: Principal, at: datetime) -> VarianceView:
    """Saves a view of the caller and returns it. A view of the same name is replaced.

    Raises InvalidInput for `name` if it is empty or too long, and Conflict if the person has enough views. Raises
    Forbidden for a program.
    """
    user = _person(by)
    if not name.strip():
        raise InvalidInput.of("name", _("Enter a name for the view."))
    if len(name) > NAME_MAX:
        raise InvalidInput.of("name", _("Enter at most %(limit)s characters.") % {"limit": NAME_MAX})
    if len(query) > QUERY_MAX:
        raise InvalidInput.of("query", _("Enter at most %(limit)s characters.") % {"limit": QUERY_MAX})
    # Locks the person, so that two forms at once cannot save more views than the limit.
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    others = VarianceView.objects.filter(user=user).exclude(name=name.strip())
    if others.count() >= VIEWS_MAX:
        raise Conflict(_("You have %(limit)s views. Delete one first.") % {"limit": VIEWS_MAX})
    values = {"query": query, "saved_at": at}
    saved, _is_new = VarianceView.objects.update_or_create(user=user, name=name.strip(), defaults=values)
    return saved


def delete_view(*, view_id: UUID, by: Principal) -> None:
    """Deletes a view of the caller. Raises NotFound for every other view."""
    deleted, _by_model = VarianceView.objects.filter(user=_person(by), uuid=view_id).delete()
    if not deleted:
        raise NotFound("There is no such view.")


def views_of(by: Principal) -> list[VarianceView]:
    """Returns the views of the caller, by name."""
    return list(VarianceView.objects.filter(user=by.user).order_by("name")) if by.user is not None else []


def _person(by: Principal) -> User:
    if by.user is None:
        raise Forbidden("Only people have views.")
    return by.user
