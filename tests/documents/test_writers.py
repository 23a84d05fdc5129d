"""One description, four writers: the same figures as PDF, XLSX, CSV and page, in the signs of each."""

import csv
import io
import re
import zipfile
import zlib
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any, Final

import pytest
from django.utils.translation import override
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]  # has no types

from cashdesk.documents.csv_file import csv_of
from cashdesk.documents.document import Clock, Column, Document, Fact, Money, Row, Section, Table
from cashdesk.documents.long_tables import ROWS_MAX, for_reading
from cashdesk.documents.page import shown
from cashdesk.documents.pdf_file import APART, FONTS, pdf_of, spaces_of
from cashdesk.documents.pdf_letters import in_order_of_sight, with_substitutes
from cashdesk.documents.xlsx_file import xlsx_of
from cashdesk.enums import Language
from cashdesk.formats import style_of, written_as
from cashdesk.models import Store
from cashdesk.symbols import WRITTEN
from settlements.documents.words import method_word

AT: Final = datetime(2026, 3, 10, 20, 5, tzinfo=UTC)
HUGE: Final = 999_999_999_99


def store(**fields: Any) -> Store:
    """Returns a shop that is in no database."""
    usual = {"number": "1337", "name": "Žižkov", "currency": "EUR", "time_zone": "Europe/Berlin", "language": "de"}
    return Store(**{**usual, **fields})


def document(*, rows: int = 1, name: str = "Carla", minor: int = 125_050, **fields: Any) -> Document:
    """Returns a document with each kind of value."""
    amount = Money(minor=minor, currency="EUR")
    difference = Money(minor=-minor, currency="EUR", is_signed=True)
    columns = (
        Column(label="Who"), Column(label="Day"), Column(label="Time"), Column(label="Pieces", is_figure=True),
        *(Column(label=f"Amount {number}", is_figure=True) for number in range(5)), Column(label="Over/short", is_figure=True),
    )  # fmt: skip
    row = Row(cells=(name, date(2026, 3, 10), Clock(at=AT), 7, *[amount] * 5, difference))
    usual: dict[str, Any] = {
        "title": "Report", "store": store(), "subtitle": "Of a day", "at": AT, "file_name": "report",
        "facts": (Fact(label="Closed", value=AT),), "figures": (Fact(label="Takings", value=amount),),
        "sections": (Section(title="Drawers", tables=(Table(columns=columns, rows=(row,) * rows),)),),
        "seal": (Fact(label="Seal", value="ab" * 32),), "signatures": ("Closed by", "Checked by"),
    }  # fmt: skip
    return Document(**{**usual, **fields})


def pages_of(pdf: bytes) -> int:
    """Returns the number of sheets."""
    return len(re.findall(rb"/Type /Page\b(?!s)", pdf))


def drawn(pdf: bytes) -> bytes:
    """Returns the unpacked streams, in which the text is drawn."""
    packed = [part.partition(b"endstream")[0].strip(b"\r\n") for part in pdf.split(b"stream\n")[1:]]
    return b"".join(zlib.decompressobj().decompress(one) for one in packed if one[:1] == b"x")


def test_people_read_their_signs_and_spreadsheets_plain_numbers() -> None:
    with written_as("de", "EUR", "Europe/Berlin"):
        context = shown(document())
        lines = list(csv.reader(io.StringIO(csv_of(document()).decode("utf-8-sig"))))
    cells = [str(cell["text"]) for cell in context["sections"][0]["tables"][0]["rows"][0]["cells"]]
    assert [re.sub(r"<[^>]+>", "", cell) for cell in cells] == [
        "Carla", "10.03.2026", "21:05", "7", *["1.250,50"] * 5, "−1.250,50",
    ]  # fmt: skip
    assert re.sub(r"<[^>]+>", "", str(context["figures"][0]["value"])) == "1.250,50\u00a0€"
    assert ["Carla", "2026-03-10", "2026-03-10T20:05:00Z", "7", *["1250.50"] * 5, "-1250.50"] in lines
    assert ["Takings", "1250.50", "EUR"] in lines


def test_a_workbook_has_numbers_and_no_formulas() -> None:
    with zipfile.ZipFile(io.BytesIO(xlsx_of(document(name="=HYPERLINK()")))) as book:
        sheet, styles = (book.read(f"xl/{name}.xml").decode() for name in ("worksheets/sheet1", "styles"))
    assert "<f>" not in sheet
    texts = re.findall(r't="inlineStr"><is><t[^>]*>([^<]*)</t>', sheet)
    assert {"=HYPERLINK()", "2026-03-10", "2026-03-10T20:05:00Z", "Closed by"} - set(texts) == {"Closed by"}
    assert sheet.count("<v>1250.50</v>") == 6
    assert sheet.count("<v>-1250.50</v>") == 1
    assert 'formatCode="#,##0.00"' in styles


def test_no_text_of_a_csv_is_a_formula() -> None:
    assert "'=HYPERLINK()" in csv_of(document(name="=HYPERLINK()")).decode()


@pytest.mark.parametrize("write", [pdf_of, xlsx_of, csv_of])
def test_the_same_document_is_the_same_file(write: Any) -> None:
    assert write(document()) == write(document())
    assert write(document()) != write(document(minor=1))


def test_a_long_report_has_numbered_sheets_and_says_when_it_is_from() -> None:
    pdf = pdf_of(document(rows=120))
    assert pages_of(pdf) > 1
    assert b"/CreationDate (D:20260310200500" in pdf
    assert b"/Title (" in pdf
    assert b"/ID [" in pdf or b"/ID" in pdf


def test_a_table_that_nobody_reads_to_its_end_is_cut_for_people_and_whole_in_spreadsheets() -> None:
    with written_as("en", "EUR", "Europe/Berlin"):
        section = document(rows=ROWS_MAX + 1).sections[0]
        last = Row(cells=("Total", None, None, None, *[Money(minor=1, currency="EUR")] * 6), is_sum=True)
        tables = tuple(replace(table, rows=(*table.rows, last)) for table in section.tables)
        long = document(sections=(replace(section, tables=tables),))
        context = shown(long)
        rows = context["sections"][0]["tables"][0]["rows"]
        assert (len(rows), str(rows[-1]["cells"][0]["text"])) == (ROWS_MAX + 1, "Total")
        assert context["sections"][0]["lines"] == ("The first 1,000 of 1,001 rows. The spreadsheets have all of them.",)
        lines = list(csv.reader(io.StringIO(csv_of(long).decode("utf-8-sig"))))
    assert sum(line[:1] == ["Carla"] for line in lines) == ROWS_MAX + 1
    assert not any("The spreadsheets" in cell for line in lines for cell in line)
    whole = document(rows=ROWS_MAX)
    assert for_reading(whole).sections == whole.sections


def test_huge_sums_get_smaller_type_and_stay_on_one_line() -> None:
    small, huge = (drawn(pdf_of(document(minor=minor))) for minor in (1, HUGE))
    sizes = [{int(float(size)) for size in re.findall(rb"/F\d+ ([\d.]+) Tf", one)} for one in (small, huge)]
    assert min(sizes[0]) == 8
    assert min(sizes[1]) < 8
    # A second line would be one more text to draw.
    assert small.count(b" Tj") == huge.count(b" Tj")


def test_documents_have_words_for_the_usual_methods_and_the_code_of_others() -> None:
    words = [method_word(method) for method in ("CASH", "CARD", "TRANSFER", "VOUCHER")]
    assert words == ["Cash", "Card", "Bank transfer", "VOUCHER"]


def test_a_text_stands_apart_from_the_figure_to_the_left_of_it() -> None:
    figure, text = Column(label="Over/short", is_figure=True), Column(label="State")
    assert spaces_of([text, text, figure, figure, text]) == [0, 0, 0, 0, APART]
    row = Row(cells=(Money(minor=0, currency="EUR"), "Ausgeglichen"))
    tables = [Table(columns=columns, rows=(row,)) for columns in ((figure, text), (text, text))]
    apart, near = (
        drawn(pdf_of(document(sections=(Section(title="Drawers", tables=(table,)),)))).replace(b"\n", b" ")
        for table in tables
    )
    assert apart.count(b" Tj") == near.count(b" Tj")
    assert apart != near


def test_the_font_has_every_sign_of_an_amount_and_the_letters_of_the_languages() -> None:
    for file in FONTS.glob("*.ttf"):
        letters = set(TTFont(file).getBestCmap())
        signs = "".join(pattern for patterns in WRITTEN.values() for pattern in patterns.values())
        styles = [
            style_of(language, currency) for language in Language for currency in ("EUR", "USD", "CHF", "INR", "BRL")
        ]
        signs += "".join(f"{one.decimal}{one.group}{one.written}" for one in styles)
        signs += "−+ \u00a0\u202fÄÖÜßäöüáéíóúñ¿¡ãõçâêôàŽžŁłŐőȘșĞğİıΩωЖжשלום·…–“”‘’"
        assert {sign for sign in signs if ord(sign) not in letters} == set(), file.name


LACKS: Final = "The font of this file lacks some letters"


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("日本語", "□□□"), ("متجر", "□□□□"), ("Pizza 🍕", "Pizza □"), ("👍🏽", "□□"), ("👩‍👧", "□□"), ("Jose\u0301", "José"),
        ("Žižkov", "Žižkov"), ("a\u2066b\u2069", "ab"), ("שלום", "םולש"), ("12 שלום (א)", "12 (א) םולש"), ("", ""),
    ],
)  # fmt: skip
def test_letters_that_the_font_lacks_get_a_sign_and_hebrew_reads_from_the_right(name: str, written: str) -> None:
    letters = TTFont(FONTS / "DejaVuSansCondensed.ttf").getBestCmap()
    assert with_substitutes(in_order_of_sight(name), letters=letters) == written


@pytest.mark.parametrize("name", ["日本語", "متجر", "🍕"])
def test_a_file_says_that_its_font_lacks_letters(name: str) -> None:
    pdf = pdf_of(document(store=store(name=name)))
    assert pages_of(pdf) == 1
    usual = drawn(pdf_of(document()))
    assert drawn(pdf).count(b" Tj") == usual.count(b" Tj") + 1, "the note"
    assert pdf == pdf_of(document(store=store(name=name)))


def test_a_file_names_its_title_its_language_its_subject_and_its_store() -> None:
    with written_as("pt-br", "BRL", "America/Sao_Paulo"), override("pt-br"):
        pdf = pdf_of(document(store=store(name="Loja"), title="Relatório"))
    assert b"/Lang (pt-br)" in pdf
    title = b"\xfe\xff" + "Relatório, 1337 Loja".encode("utf-16-be")
    assert b"/Title <%s>" % title.hex().encode() in pdf
    assert b"/Subject (Of a day)" in pdf
    assert b"/Author (1337 Loja)" in pdf
