"""The fields of limits that a store and its places both have. A place's field tells the limit of the store."""

from typing import Final

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cashdesk.formats import style
from cashdesk.forms.setting_fields import AmountField, PercentField, percent
from cashdesk.models import Place, Store

SHARE: Final = "tolerance_basis_points"
LABELS: Final = {
    "tolerance_minor": gettext_lazy("Accepted difference"),
    SHARE: gettext_lazy("Accepted share of the expected amount"),
    "escalation_minor": gettext_lazy("An admin decides above"),
    "witness_minor": gettext_lazy("A second person confirms counts above"),
    "pull_minor": gettext_lazy("Ask for a drop above"),
    "lock_minor": gettext_lazy("Lock the drawer above"),
}
HELP: Final = {
    "tolerance_minor": gettext_lazy("A larger difference must be explained and approved."),
    SHARE: gettext_lazy("In percent. The smaller of both limits applies."),
    "escalation_minor": gettext_lazy("Managers cannot approve a larger difference."),
    "witness_minor": gettext_lazy("The second person signs at the same screen."),
    "pull_minor": gettext_lazy(
        "The desk and Today then say that cash should go to the safe. They never say how much is there."
    ),
    "lock_minor": gettext_lazy(
        "Sales go on. Nobody can pay in or out there, or bring a loan, until cash went to the safe."
    ),
}
EMPTY_AT_STORE: Final = {
    SHARE: gettext_lazy("Leave it empty to use only the amount."),
    "escalation_minor": gettext_lazy("Leave it empty if they may approve all."),
    "witness_minor": gettext_lazy("Leave it empty if nobody has to."),
}


def store_limit(limit: str, *, store: Store) -> forms.Field:
    """Returns the field of a limit for all places of a store."""
    label, told = LABELS[limit], _told(HELP[limit], EMPTY_AT_STORE.get(limit))
    if limit == SHARE:
        return PercentField(label=str(label), help_text=told, empty_words=_("Not used"))
    return AmountField(store.currency, label=label, help_text=told, empty_words=_("Not used"))


def place_limit(limit: str, *, place: Place) -> forms.Field:
    """Returns the field of a limit of one place. While it is empty, the limit of the store applies."""
    store = place.store
    words = _("As in the store")
    of_store = getattr(store, limit)
    if limit == SHARE:
        told = _("Empty: the limit of the store (%(limit)s). With 0, only the amount counts.") % {
            "limit": percent(of_store) if of_store else _("none")
        }
        return PercentField(label=str(LABELS[limit]), help_text=_told(HELP[limit], told), empty_words=words, empty=None)
    told = _("Empty: the limit of the store (%(limit)s).") % {
        "limit": style().amount(of_store, store.currency) if of_store is not None else _("none")
    }
    return AmountField(store.currency, label=LABELS[limit], help_text=_told(HELP[limit], told), empty_words=words)


def own_limits(place: Place, *, store: Store) -> list[dict[str, str]]:
    """Returns the limits that a place has itself, as lines of a label and a value. `store` is the store of the place."""
    own = {limit: getattr(place, limit) for limit in LABELS}
    return [
        {
            "label": str(LABELS[limit]),
            "value": percent(value) if limit == SHARE else style().amount(value, store.currency),
        }
        for limit, value in own.items()
        if value is not None
    ]


def _told(*sentences: object) -> str:
    return " ".join(str(one) for one in sentences if one)
