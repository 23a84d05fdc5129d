"""Prints the benchmark table."""

WIDTHS = (58, 14, 10)


def title(text: str) -> None:
    print(f"\n{text}", flush=True)


def line(what: str, figure: str, unit: str = "", remark: str = "") -> None:
    """Prints one row immediately, to show the progress of a long run."""
    columns = (f"  {what:<{WIDTHS[0]}}", f"{figure:>{WIDTHS[1]}}", f"{unit:<{WIDTHS[2]}}", remark)
    print(" ".join(columns).rstrip(), flush=True)


def milliseconds(what: str, seconds: float, remark: str = "") -> None:
    line(what, f"{seconds * 1000:.2f}", "ms", remark)


def ratio(what: str, value: float, remark: str = "") -> None:
    line(what, f"{value:.2f}", "times", remark)
