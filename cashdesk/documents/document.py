"""The description of a document: facts, sections of tables, a seal and signatures. The writers give it its form."""

from dataclasses import dataclass
from datetime import date, datetime

from cashdesk.models import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """An amount in minor units. `is_signed` shows the plus of a difference."""

    minor: int
    currency: str
    is_signed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """An instant of which people see the hour and minute only, because the document names the day."""

    at: datetime


Cell = str | int | date | datetime | Clock | Money | None
"""A value in a document. An int is a number of things. Texts are already translated; None is an empty cell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a table. `is_figure` puts its values to the end of the cell, one below the other."""

    label: str
    is_figure: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row. Its first cell names it. `is_sum` draws a line above it."""

    cells: tuple[Cell, ...]
    is_sum: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table, with a caption if its section has several. Its amounts are written without their currency."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    caption: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A section: its tables, then its lines of text."""

    title: str
    tables: tuple[Table, ...] = ()
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A label and its value. An amount is written with its currency."""

    label: str
    value: Cell


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A report that can be printed and kept.

    `at` is the moment of the document, not of its printing: the same document gives the same file, to the byte.
    `file_name` has no ending. `marks` are warnings, such as drawers that nobody counted.
    """

    title: str
    store: Store
    subtitle: str
    at: datetime
    file_name: str
    facts: tuple[Fact, ...] = ()
    figures: tuple[Fact, ...] = ()
    marks: tuple[str, ...] = ()
    sections: tuple[Section, ...] = ()
    seal: tuple[Fact, ...] = ()
    signatures: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
