"""Forms of rows that the domain may refuse to change."""

from collections.abc import Callable
from typing import Any, ClassVar

from django import forms

from cashdesk.errors import DomainError


class RefusableForm(forms.ModelForm):  # type: ignore[type-arg]  # the class takes no arguments when it runs
    """Asks the domain whether an existing row may become what the form makes of it, and shows the refusal.

    The admin checks and saves a form in one transaction, so the locks that `refusing` takes hold until it is saved.
    """

    refusing: ClassVar[Callable[[Any], None]]

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]  # the stubs leave it out; it puts the values into the instance
        if self.errors or self.instance.pk is None:
            return
        try:
            type(self).refusing(self.instance)
        except DomainError as error:
            self.add_error(None, error.message)
