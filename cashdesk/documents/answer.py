"""Answers a request with a document as a file."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from django.http import Http404, HttpResponse

from cashdesk.documents.csv_file import csv_of
from cashdesk.documents.document import Document
from cashdesk.documents.pdf_file import pdf_of
from cashdesk.documents.xlsx_file import xlsx_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """How a document becomes a file of one format."""

    write: Callable[[Document], bytes]
    content_type: str


WRITERS: Final[Mapping[str, Writer]] = MappingProxyType(
    {
        "pdf": Writer(write=pdf_of, content_type="application/pdf"),
        "xlsx": Writer(write=xlsx_of, content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        "csv": Writer(write=csv_of, content_type="text/csv; charset=utf-8"),
    }
)
"""The formats of files, in the order in which pages offer them."""


def file_answer(document: Document, *, file_format: str) -> HttpResponse:
    """Returns the response with the file. Raises Http404 for an unknown format."""
    refuse_format(file_format)
    writer = WRITERS[file_format]
    response = HttpResponse(writer.write(document), content_type=writer.content_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{name_of(document)}.{file_format}"'
    return response


def refuse_format(file_format: str) -> None:
    """Raises Http404 for an unknown format, before anything is read or recorded."""
    if file_format not in WRITERS:
        raise Http404


def name_of(document: Document) -> str:
    """Returns the name of the file, without characters that an HTTP header cannot carry."""
    kept = (one for one in document.file_name if one.isascii() and (one.isalnum() or one == "-"))
    return "".join(kept) or "report"
