"""Readable error texts for values that a database constraint refuses. Django's text shows the constraint's name."""

from collections.abc import Iterator
from typing import Any, Final

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db.models import BaseConstraint, CheckConstraint, F, Model, Q, UniqueConstraint
from django.db.models.expressions import Expression
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

WORDS: Final = {
    "store_cut_off_hour_of_a_day": noop("Enter an hour from 0 to 23."),
    "store_tolerance_not_negative": noop("Enter 0 or more."),
    "person_username_once": noop("Another person already signs in with this name."),
    "person_email_once": noop("Another person already signs in with this e-mail address."),
    "person_rut_once": noop("Another person already signs in with this tax id."),
    "person_operator_code_once_per_account": noop("Another person of the account already has this code."),
    "person_belongs_to_an_account": noop("Choose the account of the person."),
    "cashbook_number_once_per_store": noop("Another account of the store already has this number."),
    "payment_method_cash_is_cash": noop("Only the method CASH is cash."),
}
TAKEN: Final = noop("Another row already has this value.")
REFUSED: Final = noop("This is not allowed.")


class WordedForm(forms.ModelForm):  # type: ignore[type-arg]  # the class takes no arguments when it runs
    """A model form that shows the error of a constraint as a readable text, at the field of the constraint."""

    def _update_errors(self, errors: ValidationError) -> None:
        super()._update_errors(in_words(errors, model=self._meta.model, fields=set(self.fields)))  # type: ignore[misc]


def in_words(errors: ValidationError, *, model: type[Model], fields: set[str]) -> ValidationError:
    """Replaces each error text that shows a constraint's name with a readable text. Returns all errors."""
    by_message = {
        constraint.get_violation_error_message(): constraint
        for constraint in model._meta.constraints
        if constraint.name in constraint.get_violation_error_message()
    }
    worded: dict[str, list[ValidationError]] = {}
    for name, found in _by_field(errors):
        for error in found:
            constraint = by_message.get(str(error.message))
            if constraint is None:
                worded.setdefault(name, []).append(error)
                continue
            about = next((field for field in _fields_of(constraint) if field in fields), NON_FIELD_ERRORS)
            unforeseen = TAKEN if isinstance(constraint, UniqueConstraint) else REFUSED
            worded.setdefault(about, []).append(ValidationError(_(WORDS.get(constraint.name, unforeseen))))
    return ValidationError(worded)


def _by_field(errors: ValidationError) -> list[tuple[str, list[ValidationError]]]:
    if hasattr(errors, "error_dict"):
        return list(errors.error_dict.items())
    return [(NON_FIELD_ERRORS, errors.error_list)]


def _fields_of(constraint: BaseConstraint) -> Iterator[str]:
    if isinstance(constraint, UniqueConstraint):
        # The error belongs to the last field: (account, number) means that a number is unique within its account.
        yield from reversed(constraint.fields)
        yield from _named_in(constraint.expressions)
    elif isinstance(constraint, CheckConstraint):
        yield from _named_in([constraint.condition])


def _named_in(parts: Any) -> Iterator[str]:
    for part in parts:
        if isinstance(part, Q):
            yield from _named_in(part.children)
        elif isinstance(part, F):
            yield part.name  # type: ignore[attr-defined]  # the stubs leave it out
        elif isinstance(part, Expression):
            yield from _named_in(part.get_source_expressions())
        elif isinstance(part, tuple):
            yield str(part[0]).split("__")[0]
