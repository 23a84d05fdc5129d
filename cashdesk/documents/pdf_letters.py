"""Prepares text for a PDF: letters that its font lacks get a sign in their place, and right-to-left text is put in order."""

from collections.abc import Collection
from typing import Final
from unicodedata import bidirectional, category, normalize

from fpdf.bidi import BidiParagraph
from fpdf.enums import TextDirection

SUBSTITUTE: Final = "□"
_NEVER_SEEN: Final = frozenset({"Cc", "Cf"})
_ABOVE_OTHERS: Final = frozenset({"Mn", "Me"})
"""Marks on other letters. They get no substitute: it would be one sign too many."""
_RIGHT_TO_LEFT: Final = frozenset({"R", "AL", "AN"})
_MIRRORED: Final = str.maketrans("()[]{}<>«»", ")(][}{><»«")


def with_substitutes(text: str, *, letters: Collection[int]) -> str:
    """Returns text that a font with these code points can write. `□` stands for each letter that it lacks."""
    if text.isascii():
        return text
    found = []
    for letter in normalize("NFC", text):
        kind = category(letter)
        if letter == "\n" or (kind not in _NEVER_SEEN and ord(letter) in letters):
            found.append(letter)
        elif kind not in _NEVER_SEEN | _ABOVE_OTHERS:
            found.append(SUBSTITUTE)
    return "".join(found)


def in_order_of_sight(text: str) -> str:
    """Returns text with its letters from left to right as people see them. fpdf2 draws them in the order of the string.

    The direction of the line is that of the languages of the product, from left to right.
    """
    if text.isascii() or not any(bidirectional(letter) in _RIGHT_TO_LEFT for letter in text):
        return text
    ordered = BidiParagraph(text=text, base_direction=TextDirection.LTR).get_reordered_characters()
    # An odd level is text from the right, where a bracket turns.
    return "".join(one.character.translate(_MIRRORED) if one.embedding_level % 2 else one.character for one in ordered)
