"""The count of a drawer: the sheet of its own currency, and one for each other currency that its count asks for."""

from collections.abc import Iterable, Mapping

from django.utils.translation import gettext as _

from cashdesk.domain.counting.count import CountedAmount
from cashdesk.enums import CASH
from cashdesk.forms.count_parts import CountParts, Part
from cashdesk.forms.count_sheet import CountSheet
from cashdesk.pair import Pair


class DrawerCount:
    """What was typed on the sheets of one drawer. The fields of its own currency have no prefix."""

    def __init__(
        self,
        currency: str,
        typed: Mapping[str, str],
        *,
        others: Iterable[str] = (),
        usual: Mapping[int, int] | None = None,
        is_sent: bool = True,
    ) -> None:
        """Reads the sheets; unless the form `is_sent`, nothing is complained of."""
        made = CountSheet if is_sent else CountSheet.resumed
        self.sheet = made(currency, typed, usual=usual)
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
        """Whether every currency was counted, and all of it was understood."""
        return all(part.counted is not None for part in self.parts)

    @property
    def left_out(self) -> list[Part]:
        """The other currencies of which nothing was typed."""
        return [part for part in self.others if not part.is_said]

    @property
    def counted_others(self) -> list[CountedAmount]:
        """What was counted of the other currencies."""
        return [part.counted for part in self.others if part.counted is not None]

    @property
    def hidden_fields(self) -> list[tuple[str, str]]:
        """Every field and what was typed in it, for a page that carries the count on without showing it."""
        return [field for part in self.parts for field in part.sheet.hidden_fields]
