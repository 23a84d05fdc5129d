"""Writes a document as PDF on A4, with nothing but Python and the project's own font."""

from collections.abc import Callable, Sequence
from datetime import UTC
from pathlib import Path
from typing import Any, Final

from django.utils.translation import get_language
from django.utils.translation import gettext as _
from fpdf import FPDF, FontFace, ViewerPreferences, XPos, YPos
from fpdf.enums import WrapMode
from fpdf.fonts import TTFFont
from fpdf.util import Padding

from cashdesk.documents.document import Column, Document, Fact, Section, Table
from cashdesk.documents.long_tables import for_reading
from cashdesk.documents.pdf_letters import SUBSTITUTE, in_order_of_sight, with_substitutes
from cashdesk.documents.written import for_people

FONTS: Final = Path(__file__).parent.joinpath("fonts")
FONT: Final = "DejaVu"
MARGIN: Final = 42
TEXT, SMALL, TITLE, HEADING, FIGURE = 9, 8, 16, 11, 12
"""Sizes of type. All lengths are whole points."""
SMALLEST: Final = 5
"""A table with long sums gets smaller type, down to this size, so that no amount is cut in two."""
LINE: Final = 135
"""The height of a line, in percent of the size of its type."""
QUIET: Final = 90
"""The grey of labels, of 255."""
GAP: Final = 7
"""The space in a cell beside its text, both sides together."""
APART: Final = 10
"""The space between a figure and a text to the right of it, which would look like one word."""


def pdf_of(document: Document) -> bytes:
    """Returns the file. The same document, language and style give the same bytes."""
    return bytes(_Paper(for_reading(document)).written())


def spaces_of(columns: Sequence[Column]) -> list[int]:
    """Returns the extra space to the left of each column."""
    pairs = zip([None, *columns], columns, strict=False)
    return [APART if before and before.is_figure and not column.is_figure else 0 for before, column in pairs]


class _Paper(FPDF):
    """The sheets of a document."""

    def __init__(self, document: Document) -> None:
        super().__init__(format="A4", unit="pt")
        self._document = document
        self.add_font(FONT, "", FONTS.joinpath("DejaVuSansCondensed.ttf"))
        self.add_font(FONT, "B", FONTS.joinpath("DejaVuSansCondensed-Bold.ttf"))
        self.set_margin(MARGIN)
        self.set_auto_page_break(auto=True, margin=MARGIN + 14)
        self._has_substitutes = False
        self.set_title(f"{document.title}, {document.store}")
        self.set_subject(document.subtitle)
        self.set_author(str(document.store))
        self.set_lang(get_language() or "en")
        self.set_creator("Cashdesk")
        self.set_creation_date(document.at.astimezone(UTC))
        self.viewer_preferences = ViewerPreferences(display_doc_title=True)

    def normalize_text(self, text: str) -> str:
        """Puts a sign in the place of letters that the font lacks. fpdf2 calls it for all text, some of it twice."""
        font = self.current_font
        shown = with_substitutes(text, letters=font.cmap) if isinstance(font, TTFFont) else text
        # A text may have the sign itself, and then needs no note.
        self._has_substitutes |= shown.count(SUBSTITUTE) > text.count(SUBSTITUTE)
        return shown

    def footer(self) -> None:
        """Names the document and the page at the foot of each sheet. fpdf2 calls it."""
        self.set_y(-MARGIN)
        self._ink(SMALL, grey=QUIET)
        self.cell(
            self.epw * 3 // 4,
            self._height(SMALL),
            in_order_of_sight(f"{self._document.store} · {self._document.title}"),
        )
        # fpdf2 puts the number of pages in place of {nb} when the last page is done.
        page = _("Page %(page)s of %(pages)s") % {"page": self.page_no(), "pages": "{nb}"}
        self.cell(0, self._height(SMALL), page, align="R")

    def written(self) -> Any:
        """Writes everything from top to bottom and returns the bytes."""
        document = self._document
        self.add_page()
        self._head()
        for mark in document.marks:
            self._line(mark, TEXT, bold=True)
        self._figures(document.figures)
        for section in document.sections:
            self._section(section)
        self._signatures(document.signatures)
        if document.seal:
            self.ln(9)
            self._facts(document.seal, SMALL)
        for note in document.notes:
            self._line(note, SMALL, grey=QUIET)
        if self._has_substitutes:
            words = _("The font of this file lacks some letters: %(sign)s stands for each. The page has them all.")
            self._line(words % {"sign": SUBSTITUTE}, SMALL, grey=QUIET)
        return self.output()

    def _head(self) -> None:
        document = self._document
        self._line(str(document.store), SMALL, grey=QUIET)
        self.start_section(document.title)
        self._line(document.title, TITLE, bold=True)
        self._line(document.subtitle, TEXT)
        self.ln(4)
        self._facts(document.facts, TEXT)

    def _facts(self, facts: Sequence[Fact], size: int) -> None:
        """Writes labels and values in two columns. A label never breaks."""
        self._ink(size)
        width = max((self.get_string_width(fact.label) for fact in facts), default=0) + 16
        for fact in facts:
            self._ink(size, grey=QUIET)
            self.cell(width, self._height(size), in_order_of_sight(fact.label))
            self._ink(size)
            self.multi_cell(
                0, self._height(size), self._written(fact), align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT,
                wrapmode=WrapMode.WORD if " " in self._written(fact) else WrapMode.CHAR,
            )  # fmt: skip

    def _figures(self, figures: Sequence[Fact]) -> None:
        """Writes the main figures side by side in a frame. Long sums get smaller type."""
        if not figures:
            return
        self.ln(6)
        width = self.epw // len(figures)
        texts = [self._written(fact) for fact in figures]
        size = self._fitting(FIGURE, lambda size: max(self._width(text, size, bold=True) for text in texts) + 14, width)
        top = self.get_y()
        height = self._height(SMALL) + self._height(size) + 8
        for number, (fact, text) in enumerate(zip(figures, texts, strict=True)):
            left = self.l_margin + number * width
            self.set_draw_color(180)
            self.rect(left, top, width, height)
            self.set_xy(left + 5, top + 4)
            self._ink(SMALL, grey=QUIET)
            self.cell(width - 10, self._height(SMALL), fact.label)
            self.set_xy(left + 5, top + 4 + self._height(SMALL))
            self._ink(size, bold=True)
            self.cell(width - 10, self._height(size), text)
        self.set_xy(self.l_margin, top + height)

    def _section(self, section: Section) -> None:
        self.ln(10)
        # A heading never stands alone at the foot of a sheet.
        if self.will_page_break(self._height(HEADING) + 4 * self._height(TEXT)):
            self.add_page()
        self.start_section(section.title, level=1)
        self._line(section.title, HEADING, bold=True)
        for table in section.tables:
            if table.caption:
                self.ln(3)
                self._line(table.caption, TEXT, bold=True)
            self._table(table)
        for text in section.lines:
            self._line(text, TEXT)

    def _table(self, table: Table) -> None:
        store = self._document.store
        cells = [[in_order_of_sight(for_people(cell, store=store)) for cell in row.cells] for row in table.rows]
        size = self._fitting(SMALL, lambda size: sum(self._least(table.columns, cells, size)), self.epw)
        widths = self._widths(table.columns, cells, size)
        lefts = [1 + space for space in spaces_of(table.columns)]
        self._ink(size)
        self.set_draw_color(180)
        with self.table(
            borders_layout="HORIZONTAL_LINES",
            col_widths=widths,
            width=self.epw,
            text_align=["RIGHT" if column.is_figure else "LEFT" for column in table.columns],
            line_height=self._height(size),
            headings_style=FontFace(emphasis="BOLD"),
            v_align="TOP",
            padding=1,
        ) as lines:
            head = lines.row()
            for column, left in zip(table.columns, lefts, strict=True):
                head.cell(in_order_of_sight(column.label), padding=Padding(top=1, right=1, bottom=1, left=left))
            for row, texts in zip(table.rows, cells, strict=True):
                line = lines.row(style=FontFace(emphasis="BOLD") if row.is_sum else None)
                for text, left in zip(texts, lefts, strict=True):
                    line.cell(text, padding=Padding(top=1, right=1, bottom=1, left=left))

    def _least(self, columns: Sequence[Column], cells: Sequence[Sequence[str]], size: int) -> list[float]:
        """Returns the least width of each column: figures never break, and texts only between words."""
        found = []
        for at, (column, space) in enumerate(zip(columns, spaces_of(columns), strict=True)):
            texts = [row[at] for row in cells]
            words = [word for text in [column.label, *(() if column.is_figure else texts)] for word in text.split()]
            whole = texts if column.is_figure else []
            found.append(
                max((self._width(text, size, bold=True) for text in (*words, *whole)), default=0) + GAP + space
            )
        return found

    def _widths(self, columns: Sequence[Column], cells: Sequence[Sequence[str]], size: int) -> list[float]:
        """Returns the widths of the columns. They share what is left by the width that each still wants."""
        least = self._least(columns, cells, size)
        wanted = [
            max([self._width(row[at], size, bold=True) for row in cells] + [0]) + GAP + space
            for at, space in enumerate(spaces_of(columns))
        ]
        more = [max(wish - width, 0) for wish, width in zip(wanted, least, strict=True)]
        left = max(self.epw - sum(least), 0)
        total = sum(more)
        if total <= left:
            # There is room for everything. The rest goes to all columns alike.
            return [width + extra + (left - total) // len(columns) for width, extra in zip(least, more, strict=True)]
        return [width + extra * left // total for width, extra in zip(least, more, strict=True)]

    def _signatures(self, names: Sequence[str]) -> None:
        """Draws a line to sign on above each name, all on one sheet."""
        if not names:
            return
        height = 40 + self._height(SMALL)
        if self.will_page_break(height):
            self.add_page()
        self.ln(40)
        gap = 28
        width = (self.epw - gap * (len(names) - 1)) // len(names)
        top = self.get_y()
        self.set_draw_color(0)
        for number, name in enumerate(names):
            left = self.l_margin + number * (width + gap)
            self.line(left, top, left + width, top)
            self.set_xy(left, top + 2)
            self._ink(SMALL, grey=QUIET)
            self.cell(width, self._height(SMALL), name)
        self.ln()

    def _written(self, fact: Fact) -> str:
        return in_order_of_sight(for_people(fact.value, store=self._document.store, with_currency=True))

    def _line(self, text: str, size: int, *, bold: bool = False, grey: int = 0) -> None:
        self._ink(size, bold=bold, grey=grey)
        shown = in_order_of_sight(text)
        self.multi_cell(0, self._height(size), shown, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def _ink(self, size: int, *, bold: bool = False, grey: int = 0) -> None:
        self.set_font(FONT, "B" if bold else "", size)
        self.set_text_color(grey)

    def _width(self, text: str, size: int, *, bold: bool = False) -> float:
        self._ink(size, bold=bold)
        width: float = self.get_string_width(text)
        return width

    @staticmethod
    def _height(size: int) -> int:
        """Returns the height of a line with this size of type."""
        return size * LINE // 100

    @staticmethod
    def _fitting(size: int, width_at: Callable[[int], float], room: float) -> int:
        """Returns the largest size, up to `size`, at which something fits in the room."""
        while width_at(size) > room and size > SMALLEST:
            size -= 1
        return size
