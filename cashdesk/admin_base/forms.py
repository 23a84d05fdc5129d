"""The base form for rows that the domain may refuse to change."""

from cashdesk.admin_base.constraint_words import WordedForm
from cashdesk.errors import DomainError


class RefusableForm(WordedForm):
    """Asks the domain whether an existing row may change to the new values. If not, shows the error.

    The admin validates and saves in one transaction. So locks that `refuse_change` takes are held until the row is saved.
    """

    def refuse_change(self) -> None:
        """Raises DomainError if the row may not change to the new values."""
        raise NotImplementedError

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]  # the stubs leave it out; it puts the values into the instance
        if self.errors or self.instance.pk is None:
            return
        try:
            self.refuse_change()
        except DomainError as error:
            self.add_error(None, error.page_message)
