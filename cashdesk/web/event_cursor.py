"""The cursors of `GET /events`. A cursor holds the position that a reader has reached."""

import base64
import binascii

from cashdesk.errors import InvalidInput


def cursor_of(position: int) -> str:
    """Returns the cursor of a position."""
    return base64.urlsafe_b64encode(f"event|{position}".encode()).decode().rstrip("=")


def position_in(cursor: str, *, field: str) -> int:
    """Returns the position of a cursor. Raises InvalidInput for `field` if the text is no cursor of `cursor_of`."""
    try:
        noun, _bar, number = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().partition("|")
        if noun != "event" or not 0 <= int(number) < 2**63:
            raise ValueError
        return int(number)
    except (ValueError, binascii.Error):
        told = "This cursor is not from this list. Send the `next` of an answer, or now."
        raise InvalidInput.of(field, told) from None
