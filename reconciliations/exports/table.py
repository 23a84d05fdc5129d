"""Definition of an exportable table: its columns as data, and the query for its rows."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, auto
from typing import Any, Final

from django.db.models import Case, CharField, F, Model, QuerySet, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast

from cashdesk import money
from cashdesk.documents.written import iso
from cashdesk.domain.caller.principal import Principal
from cashdesk.models import Store
from cashdesk.web.csv_cells import formula_safe

Cell = str | int | bool | Decimal | None


class Form(Enum):
    """The type of a column."""

    TEXT = auto()
    WHOLE = auto()
    AMOUNT = auto()
    DATE = auto()
    INSTANT = auto()
    FLAG = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column: its name in the file and the ORM path of its value. AMOUNT columns are in minor units."""

    header: str
    path: str
    form: Form = Form.TEXT

    @classmethod
    def of(cls, header: str, path: str = "", form: Form = Form.TEXT) -> "Column":
        """Builds a column. Without `path`, the header is also the ORM path."""
        return cls(header=header, path=path or header, form=form)


STORE: Final = (Column.of("store_number", "store__number"), Column.of("store_id", "store__uuid"))
"""The columns of the store, which every table has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """An exportable table: rows of a store that have a `business_date` and a `currency`.

    `rows` returns the query with every annotation that the column paths need. `model` is used to count the rows.
    Rows with a business date of their own are found by it. Others are found by the instant `found_by`, in the time of the
    business days: `store_path` leads from them to the store. There are few of those, so they are read in order of their ids.
    """

    name: str
    title: str
    model: type[Model]
    columns: tuple[Column, ...]
    rows: Callable[[Store, Principal], "QuerySet[Any]"]
    found_by: str = ""
    store_path: str = "store"

    @property
    def headers(self) -> list[str]:
        """The column names. Programs rely on them, so they never change."""
        return [column.header for column in self.columns]

    @property
    def paths(self) -> list[str]:
        """The ORM paths of the columns."""
        return [column.path for column in self.columns]

    @property
    def currency_at(self) -> int:
        """The index of the currency column."""
        return self.headers.index("currency")


def text_cells(table: Table) -> Callable[[tuple[Any, ...]], list[Any]]:
    """Returns a function that converts a row to text cells, safe from spreadsheet formulas."""
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


def operator_code(person: str) -> Combinable:
    """Builds the expression for a person's operator code, or their user id without one (docs/contracts.md, section 3).

    `person` is the ORM path of the person.
    """
    return Case(
        When(**{f"{person}__operator_code": "", "then": Cast(f"{person}__pk", CharField())}),
        default=F(f"{person}__operator_code"),
        output_field=CharField(),
    )


def person_name(person: str) -> Combinable:
    """Builds the expression for the name of the person at an ORM path, or their username if the name is empty."""
    return Case(
        When(**{f"{person}__name": "", "then": F(f"{person}__username")}),
        default=F(f"{person}__name"),
        output_field=CharField(),
    )


def with_people(rows: "QuerySet[Any]", *people: str, **paths: str) -> "QuerySet[Any]":
    """Adds the code and the name of each person: `<person>_code`, `<person>_name`. `paths` tells where other people are."""
    found = {**{person: person for person in people}, **paths}
    with_them: QuerySet[Any] = rows.annotate(
        **{f"{person}_code": operator_code(path) for person, path in found.items()},
        **{f"{person}_name": person_name(path) for person, path in found.items()},
    )
    return with_them
