"""Parses export requests, in the same way for the API, the pages and the command."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.utils.translation import gettext as _

from cashdesk.domain.caller.principal import Principal
from cashdesk.errors import InvalidInput
from cashdesk.models import Store
from cashdesk.web.fields import date_in
from reconciliations.domain.export import Wanted, refuse_range
from reconciliations.enums import FileFormat
from reconciliations.exports.table import Table
from reconciliations.exports.tables import TABLES
from settlements.queries import stores_named


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportRequest:
    """The requested table and the parsed request."""

    table: Table
    wanted: Wanted


class _Reader:
    """Reads field by field and collects the errors."""

    def __init__(self, given: Mapping[str, str]) -> None:
        self.given = given
        self.errors: dict[str, str] = {}
        self.on_pages: dict[str, str] = {}

    def text(self, field: str) -> str:
        return self.given.get(field, "").strip()

    def refuse(self, field: str, text: str) -> None:
        self.errors.setdefault(field, text)

    def date(self, field: str) -> date | None:
        if not self.text(field):
            self.refuse(field, _("Enter a date such as 2026-03-01."))
            return None
        try:
            return date_in(self.text(field), field=field)
        except InvalidInput as error:
            self.refuse(field, error.errors[field])
            return None


def read_request(given: Mapping[str, str], *, by: Principal) -> ExportRequest:
    """Parses `table`, `store` (number or UUID; default: the caller's own), `from`, `to`, `file` and `export`.

    Raises InvalidInput with an error for every wrong field. An unknown store and a store out of scope get the same
    error.
    """
    reader = _Reader(given)
    table = TABLES.get(reader.text("table"))
    if table is None:
        reader.refuse("table", _("Choose one of these: %(names)s.") % {"names": ", ".join(TABLES)})
    file_format = reader.text("file") or FileFormat.CSV.value
    if file_format not in FileFormat.values:
        reader.refuse("file", _("Choose one of these: %(names)s.") % {"names": ", ".join(FileFormat.values)})
    store = _store(reader, by=by)
    first, last = reader.date("from"), reader.date("to")
    if first is not None and last is not None:
        try:
            refuse_range(first_date=first, last_date=last)
        except InvalidInput as error:
            reader.errors.update(error.errors)
            reader.on_pages.update(error.on_pages)
    number = _number(reader)
    if reader.errors or table is None or store is None or first is None or last is None:
        message = " ".join(f"{field}: {text}" for field, text in reader.errors.items())
        raise InvalidInput(message, errors=reader.errors, on_pages=reader.on_pages)
    return ExportRequest(
        table=table,
        wanted=Wanted(
            table=table.name,
            store=store,
            first_date=first,
            last_date=last,
            file_format=FileFormat(file_format),
            number=number,
        ),
    )


def read_range(given: Mapping[str, str]) -> tuple[date, date]:
    """Parses `from` and `to`. Raises InvalidInput with an error for every wrong field."""
    return _range(_Reader(given))


def read_archive(given: Mapping[str, str]) -> tuple[date, date, UUID | None]:
    """Parses `from`, `to` and `export`, the id of an archive. Raises InvalidInput with an error for every wrong field."""
    reader = _Reader(given)
    number = _number(reader)
    return *_range(reader), number


def _range(reader: _Reader) -> tuple[date, date]:
    first, last = reader.date("from"), reader.date("to")
    if reader.errors or first is None or last is None:
        raise InvalidInput(" ".join(reader.errors.values()), errors=reader.errors)
    refuse_range(first_date=first, last_date=last)
    return first, last


def _store(reader: _Reader, *, by: Principal) -> Store | None:
    reference = reader.text("store")
    if not reference:
        own = by.own_store
        if own is None:
            reader.refuse("store", _("Choose a store by its number or UUID."))
        return own
    # PostgreSQL refuses text with a NUL character.
    found = list(stores_named(reference, by=by).order_by("pk")[:2]) if "\0" not in reference else []
    if len(found) == 1:
        return found[0]
    several = _("Several stores have this number. Enter the UUID of the store.")
    reader.refuse("store", several if found else _("Choose a store that you work in."))
    return None


def _number(reader: _Reader) -> UUID | None:
    text = reader.text("export")
    try:
        return UUID(text) if text else None
    except ValueError:
        reader.refuse("export", _("Enter a UUID."))
        return None
