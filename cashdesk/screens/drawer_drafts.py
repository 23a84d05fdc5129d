"""The draft subjects for opening a drawer."""

from cashdesk.models import CashSession, Store


def opening_subject(store: Store) -> str:
    """Returns the draft subject of an opening with a float."""
    return f"open:{store.uuid}"


def counting_in_subject(left: CashSession) -> str:
    """Returns the draft subject for counting a handed-over drawer. `left` is the session that handed it over."""
    return f"count-in:{left.uuid}"
