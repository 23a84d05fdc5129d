"""Creates a little trade to export, and reads the exported files."""

import csv
import io
import re
import zipfile
from collections.abc import Iterable
from datetime import date
from typing import Any, Final
from uuid import UUID
from xml.etree import ElementTree

from django.http.response import HttpResponseBase

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.payment.recording import record_payments
from cashdesk.models import CashSession, Store, User
from reconciliations.domain.reconciliation import Declaration, record_reconciliation
from reconciliations.exports.download import Download, start_download
from reconciliations.exports.export_request import ExportRequest, read_request
from reconciliations.models import Reconciliation
from tests.cashdesk.desk import NOON, report_of

DAY: Final = "2026-03-10"
"""The business date of NOON."""
MAIN: Final = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def asked(by: User | Principal, table: str = "movements", **given: str) -> ExportRequest:
    """Parses a request for DAY. `first` and `last` choose other days."""
    usual = {"table": table, "from": given.pop("first", DAY), "to": given.pop("last", DAY)}
    return read_request({**usual, **given}, by=by if isinstance(by, Principal) else Principal(user=by))


def downloaded(by: User, table: str = "movements", **given: str) -> bytes:
    """Returns the whole file."""
    return b"".join(started(by, table, **given))


def started(by: User, table: str = "movements", *, page_rows: int = 2_000, **given: str) -> Download:
    """Returns a download that has begun."""
    return start_download(asked=asked(by, table, **given), by=Principal(user=by), page_rows=page_rows)


def rows_of(content: bytes) -> list[dict[str, str]]:
    """Reads a CSV as a spreadsheet does."""
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def exported(by: User, table: str = "movements", **given: str) -> list[dict[str, str]]:
    """Returns the rows of a CSV."""
    return rows_of(downloaded(by, table, **given))


def taken(response: HttpResponseBase) -> bytes:
    """Returns the whole body of a streaming answer."""
    assert response.streaming
    return b"".join(response.streaming_content)  # type: ignore[attr-defined]


def hang_up(response: HttpResponseBase) -> None:
    """Closes an answer that has begun, as the server does if the client stops reading. Keeps the test's own connection
    open.
    """
    response._iterator.close()  # type: ignore[attr-defined]  # in which the test client has put the closing of the answer


def sheets_of(content: bytes) -> dict[str, list[dict[str, Any]]]:
    """Reads a workbook. Returns the rows of each sheet, by the names in its header.

    A text is a str. A number is a pair of its stored value and its format.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        assert book.testzip() is None
        styles = ElementTree.fromstring(book.read("xl/styles.xml"))
        names = [
            one.get("name", "") for one in ElementTree.fromstring(book.read("xl/workbook.xml")).iter(f"{MAIN}sheet")
        ]
        sheets = [ElementTree.fromstring(book.read(f"xl/worksheets/sheet{at}.xml")) for at in range(1, len(names) + 1)]
    patterns = {one.get("numFmtId"): one.get("formatCode") for one in styles.iter(f"{MAIN}numFmt")}
    used = [one.get("numFmtId") for one in next(styles.iter(f"{MAIN}cellXfs"))]
    formats = [patterns.get(one, one) for one in used]
    return {name: _table(sheet, formats) for name, sheet in zip(names, sheets, strict=True)}


def _table(sheet: ElementTree.Element, formats: list[Any]) -> list[dict[str, Any]]:
    lines = [
        {cell.get("r", "").rstrip("0123456789"): _value(cell, formats) for cell in line}
        for line in sheet.iter(f"{MAIN}row")
    ]
    assert not list(sheet.iter(f"{MAIN}f")), "a formula"
    headers = lines[0]
    return [{headers[column]: value for column, value in line.items()} for line in lines[1:]]


def _value(cell: ElementTree.Element, formats: list[Any]) -> Any:
    if cell.get("t") == "inlineStr":
        text = "".join(part.text or "" for part in cell.iter(f"{MAIN}t"))
        return re.sub("_x([0-9A-F]{4})_", lambda found: chr(int(found[1], 16)), text)
    value = cell.findtext(f"{MAIN}v")
    if cell.get("t") == "b":
        return value == "1"
    assert cell.get("t") is None
    return value, formats[int(cell.get("s", "0"))]


def sell_many(session: CashSession, amounts: Iterable[int]) -> None:
    """Reports this many sales at once."""
    reports = [report_of(amount, session=str(session.pk), currency=session.currency) for amount in amounts]
    record_payments(reports=reports, by=Principal(user=session.user), at=NOON)


def declare(by: User, store: Store, declared: int, **fields: Any) -> Reconciliation:
    """Reconciles DAY."""
    usual: dict[str, Any] = {"business_date": date.fromisoformat(DAY), "currency": store.currency}
    declaration = Declaration(store=store, declared=declared, **{**usual, **fields})
    return record_reconciliation(declaration=declaration, by=Principal(user=by), at=NOON)


NUMBER: Final = UUID("5e60a2d9-0000-4000-8000-000000000001")
