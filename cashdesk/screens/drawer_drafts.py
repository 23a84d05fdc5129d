"""What the drafts of a drawer that is opened are called."""

from cashdesk.models import CashSession, Store


def opening_subject(store: Store) -> str:
    """Returns what the draft of a drawer that is opened with a float is called."""
    return f"open:{store.uuid}"


def counting_in_subject(left: CashSession) -> str:
    """Returns what the draft of a drawer that is counted in is called, by the session that handed it over."""
    return f"count-in:{left.uuid}"
