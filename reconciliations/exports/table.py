"""What a table for export is: columns as data, and the rows that they are read from."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum, auto
from typing import Any, Final

from django.db.models import Case, CharField, F, Model, QuerySet, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast

from cashdesk import money
from cashdesk.domain.principal import Principal
from cashdesk.models import Store
from cashdesk.web.sheets import formula_safe

Cell = str | int | bool | Decimal | None

SPREADSHEET_DIGITS: Final = 15
"""So many digits a spreadsheet keeps of a number; it would round off the rest without a word."""


class Form(Enum):
    """What a column holds."""

    TEXT = auto()
    WHOLE = auto()
    AMOUNT = auto()
    DATE = auto()
    INSTANT = auto()
    FLAG = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column: its name in the file, and where the rows have it (a path of the ORM). An AMOUNT is minor units."""

    header: str
    path: str
    form: Form = Form.TEXT

    @classmethod
    def of(cls, header: str, path: str = "", form: Form = Form.TEXT) -> "Column":
        """Builds a column, whose path is its name unless it is given."""
        return cls(header=header, path=path or header, form=form)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table that can be exported: rows of a store that have a `business_date` and a `currency`.

    `rows` returns them with all that the paths of the columns need; `model` is what is counted.
    """

    name: str
    title: str
    model: type[Model]
    columns: tuple[Column, ...]
    rows: Callable[[Store, Principal], "QuerySet[Any]"]

    @property
    def headers(self) -> list[str]:
        """The names of the columns: for programs, so they never change."""
        return [column.header for column in self.columns]

    @property
    def paths(self) -> list[str]:
        """What is read of each row."""
        return [column.path for column in self.columns]

    @property
    def currency_at(self) -> int:
        """Which of the columns has the currency of the amounts."""
        return self.headers.index("currency")


def text_cells(table: Table) -> Callable[[tuple[Any, ...]], list[Any]]:
    """Returns what turns a row into the cells of a line of text, safe from formulas."""
    forms, currency_at = [column.form for column in table.columns], table.currency_at

    def cells(row: tuple[Any, ...]) -> list[Any]:
        currency = row[currency_at]
        return ["" if value is None else _text(value, form, currency) for value, form in zip(row, forms, strict=True)]

    return cells


def _text(value: Any, form: Form, currency: str) -> Any:
    if form is Form.AMOUNT:
        return money.to_digits(value, currency)
    if form is Form.TEXT:
        return formula_safe(str(value))
    if form is Form.FLAG:
        return "true" if value else "false"
    return value if form is Form.WHOLE else iso(value)


def number_of(minor: int, currency: str) -> Decimal | None:
    """Returns an amount as a spreadsheet's number; None where it has more digits than those keep."""
    is_kept = len(str(abs(minor))) <= SPREADSHEET_DIGITS
    return Decimal(minor).scaleb(-money.exponent_of(currency)) if is_kept else None


def iso(value: date | datetime) -> str:
    """Returns a date as 2026-03-01, an instant as 2026-03-01T10:15:00.5Z, in UTC."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return value.isoformat()


def operator_code(person: str) -> Combinable:
    """Returns the operator code of the person at a path: their own, or else the user id (docs/contracts.md, section 3)."""
    return Case(
        When(**{f"{person}__operator_code": "", "then": Cast(f"{person}__pk", CharField())}),
        default=F(f"{person}__operator_code"),
        output_field=CharField(),
    )


def person_name(person: str) -> Combinable:
    """Returns the name of the person at a path: the username where they have none."""
    return Case(
        When(**{f"{person}__name": "", "then": F(f"{person}__username")}),
        default=F(f"{person}__name"),
        output_field=CharField(),
    )
