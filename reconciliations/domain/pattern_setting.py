"""Switches the patterns by person on and off for an account, and notes every look at a person."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _

from cashdesk.domain.caller import audit
from cashdesk.domain.caller.edit import changes_between, refuse_stale
from cashdesk.domain.caller.principal import Principal
from cashdesk.errors import Forbidden, InvalidInput
from cashdesk.models import Account, Store, User
from reconciliations.models import PatternSetting

LOOKED: Final = "patterns.looked"
"""The audit action of a look at the patterns of a person. Its subject is the person."""


def setting_of(account: Account) -> PatternSetting:
    """Returns the setting of an account, and creates it for the first time switched off."""
    found, _is_new = PatternSetting.objects.select_related("account").get_or_create(account=account)
    return found


def shows_people(store: Store) -> bool:
    """Whether managers see the patterns of people in this store."""
    return PatternSetting.objects.filter(account=store.account_id, shows_people=True).exists()


@transaction.atomic
def change_pattern_setting(
    *,
    setting: PatternSetting,
    fields: Collection[str],
    by: Principal,
    at: datetime,
    seen: Mapping[str, str] | None = None,
) -> bool:
    """Saves the named fields of the setting, and returns whether a value changed. `setting` has the new values.

    Raises Forbidden unless the caller is an admin of the account. Raises InvalidInput if it does not say who agreed, and
    ChangedMeanwhile if the setting does not have the values in `seen` any more.
    """
    before = PatternSetting.objects.select_for_update(no_key=True).get(pk=setting.pk)
    if not by.administers(before.account_id):
        raise Forbidden(_("Only an admin of the account can change these settings."))
    refuse_stale(before, seen)
    changes = changes_between(before, setting, fields)
    if not changes:
        return False
    if setting.shows_people and not setting.agreed.strip():
        raise InvalidInput.of("agreed", _("Say who agreed, and when."))
    setting.changed_by, setting.changed_at = by.user, at
    setting.full_clean()
    setting.save(update_fields=[*changes, "changed_by", "changed_at"])
    audit.note_edit(noun="pattern_setting", row=setting, changes=changes, by=by, at=at, account=setting.account)
    return True


def note_looks(*, people: Iterable[User], store: Store, by: Principal, at: datetime) -> None:
    """Notes in the audit trail that somebody looks at the patterns of these people. A look at oneself is not noted."""
    others = [person for person in people if by.user is None or person.pk != by.user.pk]
    audit.note_for_people(action=LOOKED, people=others, store=store, by=by, at=at)
