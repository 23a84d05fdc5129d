"""Forms of rows that the domain may refuse to change."""

from cashdesk.admin_base.constraint_words import WordedForm
from cashdesk.errors import DomainError


class RefusableForm(WordedForm):
    """Asks the domain whether an existing row may become what the form makes of it, and shows the refusal.

    The admin checks and saves a form in one transaction, so the locks that `refuse_change` takes hold until it is saved.
    """

    def refuse_change(self) -> None:
        """Raises DomainError where the row may not become what the form makes of it."""
        raise NotImplementedError

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]  # the stubs leave it out; it puts the values into the instance
        if self.errors or self.instance.pk is None:
            return
        try:
            self.refuse_change()
        except DomainError as error:
            self.add_error(None, error.message)
