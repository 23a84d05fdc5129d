"""Definition of an exportable table: its columns as data, and the query for its rows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum, auto
from functools import lru_cache
from typing import Any, Final

from django.db.models import Case, CharField, F, Func, Model, QuerySet, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast

from cashdesk import money
from cashdesk.documents.written import iso
from cashdesk.domain.caller.principal import Principal
from cashdesk.models import Store
from cashdesk.web.csv_cells import FORMULA_SIGNS

Cell = str | int | bool | Decimal | None


class Written(Func):
    """An instant or a UUID as its text in an export. SQLite stores them otherwise, so there it is the value itself."""

    arity = 1
    template = "%(expressions)s"

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        """Writes as `iso` and `str` do: in UTC, and without a fraction if it is zero."""
        if self.output_field.get_internal_type() == "UUIDField":
            return self.as_sql(compiler, connection, template="CAST(%(expressions)s AS text)", **extra)
        form = """'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'"""
        template = f"REPLACE(TO_CHAR(%(expressions)s AT TIME ZONE 'UTC', {form}), '.000000Z', 'Z')"
        return self.as_sql(compiler, connection, template=template, **extra)


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

    @property
    def is_written_slowly(self) -> bool:
        """Whether the database should write the value: an instant or a UUID."""
        return self.form is Form.INSTANT or self.path.rpartition("__")[2] == "uuid"

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
    def selected(self) -> list[str | Func]:
        """The columns for `values_list`. `Written` lets PostgreSQL write what Python would read and write slowly."""
        return [Written(column.path) if column.is_written_slowly else column.path for column in self.columns]

    @property
    def currency_at(self) -> int:
        """The index of the currency column."""
        return self.headers.index("currency")


def text_cells(table: Table) -> Callable[[tuple[Any, ...]], list[Any]]:
    """Returns a function that converts a row to text cells, safe from spreadsheet formulas.

    A function per column, because an export converts millions of cells.
    """
    writers = [_WRITERS[column.form] for column in table.columns]
    amounts = [at for at, column in enumerate(table.columns) if column.form is Form.AMOUNT]
    currency_at = table.currency_at

    def cells(row: tuple[Any, ...]) -> list[Any]:
        written = ["" if value is None else write(value) for value, write in zip(row, writers, strict=True)]
        for at in amounts:
            if row[at] is not None:
                written[at] = _digits(row[at], row[currency_at])
        return written

    return cells


def _as_it_is(value: Any) -> Any:
    return value


def _text(value: Any) -> str:
    text = value if type(value) is str else str(value)
    return f"'{text}" if text[:1] in _SIGNS else text


def _instant(value: datetime | str) -> str:
    if isinstance(value, str):
        return value
    text = value.isoformat()
    return f"{text[:-6]}Z" if text.endswith("+00:00") else iso(value)


def _flag(value: Any) -> str:
    return "true" if value else "false"


_SIGNS: Final = frozenset(FORMULA_SIGNS)
_digits = lru_cache(maxsize=4096)(money.to_digits)
"""Most amounts of a store occur again and again."""

_WRITERS: Final[Mapping[Form, Callable[[Any], Any]]] = {
    Form.TEXT: _text,
    Form.WHOLE: _as_it_is,
    Form.AMOUNT: _as_it_is,
    Form.DATE: iso,
    Form.INSTANT: _instant,
    Form.FLAG: _flag,
}


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
