"""Says in words where bags for the bank are."""

from django.utils.translation import ngettext


def bags_in_words(*, left: int, here: int) -> str:
    """Returns how many bags are still in the shop, or else how many left it."""
    if here:
        words = ngettext("%(count)s bag is still in the shop", "%(count)s bags are still in the shop", here)
        return words % {"count": here}
    return ngettext("%(count)s bag", "%(count)s bags", left) % {"count": left}
