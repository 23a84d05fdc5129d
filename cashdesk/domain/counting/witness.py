"""Checks the witness: a second person who confirms a large count with their own password (docs/decisions/0016)."""

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.people.sign_in import WRONG_CREDENTIALS, verify_called
from cashdesk.domain.people.sign_in_throttle import Source
from cashdesk.domain.store.place_limits import limit_of
from cashdesk.errors import Forbidden, InvalidInput, NotSignedIn
from cashdesk.models import Place, Store, User

MAY_NOT_WITNESS = noop("Ask a colleague from this store, or an admin, to confirm this count.")


def asks_witness(*, store: Store, place: Place | None, amount: int) -> bool:
    """Whether a count of this amount (minor units) needs a witness.

    This depends only on the counted amount, never on a difference. Otherwise the question would reveal that there is a
    difference (law 5).
    """
    limit = limit_of("witness_minor", place=place, store=store)
    return limit is not None and amount > limit


def confirm_witness(*, name: str, password: str, source: Source, by: Principal, store: Store, at: datetime) -> User:
    """Checks the name and password of a witness for a count by `by`. Returns the witness.

    A wrong password counts as a failed sign-in. Call this outside a transaction that may roll back: the rollback would
    delete the failed attempt.

    Raises InvalidInput for a missing name or password. If one of them is wrong, raises InvalidInput for `witness_name`,
    so that the error does not say which of them is wrong. Raises TooManyAttempts after too many attempts, and Forbidden
    if this person may not be the witness.
    """
    left_out = [field for field, typed in (("witness_name", name), ("witness_password", password)) if not typed]
    if left_out:
        wanted = {
            "witness_name": _("Enter the name of the second person."),
            "witness_password": _("Enter the password of the second person."),
        }
        errors = {field: wanted[field] for field in left_out}
        raise InvalidInput(_("A second person must confirm this count."), errors=errors)
    try:
        witness = verify_called(name=name, password=password, source=source, at=at)
    except NotSignedIn as error:
        raise InvalidInput.of("witness_name", _(WRONG_CREDENTIALS)) from error
    if witness.account_id != store.account_id:
        # The error is the same as for an unknown name, so that nobody learns whether the password was right.
        raise InvalidInput.of("witness_name", _(WRONG_CREDENTIALS))
    refuse_witness(witness, by=by, store=store)
    return witness


def refuse_witness(witness: User | None, *, by: Principal, store: Store) -> None:
    """Raises Forbidden if the witness is the person who counted, is inactive, or has no access to the store."""
    if witness is None:
        return
    is_there = witness.is_active and witness.account_id == store.account_id
    may_witness = is_there and Principal(user=witness).stores().filter(pk=store.pk).exists()
    if not may_witness or (by.user is not None and witness.pk == by.user.pk):
        raise Forbidden(f"witness_name: {_(MAY_NOT_WITNESS)}", errors={"witness_name": _(MAY_NOT_WITNESS)})


def refuse_unwitnessed(*, store: Store, place: Place, amount: int, witness: User | None) -> None:
    """Raises InvalidInput if a large count (minor units) has no witness."""
    if witness is None and asks_witness(store=store, place=place, amount=amount):
        raise InvalidInput.of("witness_name", _("This much cash needs a second person."))
