"""Reads the project's own pages for the tests."""

import re
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
README = PROJECT / "README.md"
STRUCTURE = PROJECT / "docs" / "structure.md"
CONTRACTS = PROJECT / "docs" / "contracts.md"
DECISIONS = PROJECT / "docs" / "decisions"
PAGES = sorted([*PROJECT.glob("*.md"), *(PROJECT / "docs").rglob("*.md")])


def code_in(text: str) -> str:
    """Returns all text that is set as code, in blocks and within lines. There `make` is a command, not an English verb."""
    blocks = re.findall(r"^```\w*\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE)
    prose = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    return "\n".join([*blocks, *re.findall(r"`([^`\n]+)`", prose)])


def section(text: str, heading: str) -> str:
    """Returns the text under a heading of the second level."""
    (found,) = re.findall(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", text, flags=re.DOTALL | re.MULTILINE)
    return str(found)


def rows(text: str) -> dict[str, str]:
    """Returns the rows of the tables in a text, by their first cell."""
    found = re.findall(r"^\|.*\|$", text, flags=re.MULTILINE)
    return {row.split("|")[1].strip(" `"): row for row in found}


def anchors(text: str) -> set[str]:
    """Returns the anchors of a page's headings, in GitHub's form."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
