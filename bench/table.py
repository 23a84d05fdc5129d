"""The one table that a run prints."""

WIDTHS = (58, 14, 10)


def title(text: str) -> None:
    """Prints the head of a part of the table."""
    print(f"\n{text}", flush=True)


def line(what: str, figure: str, unit: str = "", remark: str = "") -> None:
    """Prints one row, at once, so that a long run shows how far it is."""
    columns = (f"  {what:<{WIDTHS[0]}}", f"{figure:>{WIDTHS[1]}}", f"{unit:<{WIDTHS[2]}}", remark)
    print(" ".join(columns).rstrip(), flush=True)


def milliseconds(what: str, seconds: float, remark: str = "") -> None:
    """Prints a duration."""
    line(what, f"{seconds * 1000:.2f}", "ms", remark)


def ratio(what: str, value: float, remark: str = "") -> None:
    """Prints how many times one figure is another."""
    line(what, f"{value:.2f}", "times", remark)
