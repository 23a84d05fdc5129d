"""The count of a drawer: one sheet for the store's currency, and one for each other currency that must be counted."""

from collections.abc import Iterable, Mapping

from django.utils.translation import gettext as _

from cashdesk.domain.counting.count import CountedAmount
from cashdesk.enums import CASH
from cashdesk.forms.count_parts import CountParts, Part
from cashdesk.forms.count_sheet import CountSheet
from cashdesk.pair import Pair


class DrawerCount:
    """The sheets of one drawer. The fields of the store's currency have no prefix."""

    def __init__(
        self,
        currency: str,
        typed: Mapping[str, str],
        *,
        others: Iterable[str] = (),
        usual: Mapping[int, int] | None = None,
        usual_amount: int = 0,
        is_sent: bool = True,
    ) -> None:
        """Parses the typed fields. Shows errors only if the form `is_sent`."""
        made = CountSheet if is_sent else CountSheet.resumed
        self.sheet = made(currency, typed, usual=usual, usual_amount=usual_amount)
        self.others = CountParts([Pair(other, CASH) for other in others], typed=typed).parts
        own = Part(
            currency=currency, method=CASH, name=_("cash"), sheet=self.sheet, is_said=bool(self.sheet.counted),
            is_added=False,
        )  # fmt: skip
        self.parts = [own, *self.others]
        self.newest: Part | None = None
        if not is_sent:
            for part in self.others:
                part.sheet.forgive()

    @property
    def is_ready(self) -> bool:
        """Whether every currency was counted without errors."""
        return all(part.counted is not None for part in self.parts)

    @property
    def left_out(self) -> list[Part]:
        """The other currencies without input."""
        return [part for part in self.others if not part.is_said]

    @property
    def counted_others(self) -> list[CountedAmount]:
        """The counted amounts of the other currencies."""
        return [part.counted for part in self.others if part.counted is not None]

    @property
    def hidden_fields(self) -> list[tuple[str, str]]:
        """Every field and its text, for hidden fields that carry the count through another page."""
        return [field for part in self.parts for field in part.sheet.hidden_fields]
