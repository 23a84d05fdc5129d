"""Pages write amounts, dates and times in one way: that of `cashdesk.formats`. Each rule here names what goes round it."""

import re
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parent.parent
APPS: Final = ("cashdesk", "settlements", "reconciliations")
TEMPLATES: Final = sorted((ROOT / "templates").rglob("*.html"))
SCRIPTS: Final = sorted(path for app in APPS for path in (ROOT / app / "static").rglob("*.js"))
ROOMS: Final = ("screens", "forms", "admin", "admin_base", "templatetags")
MODULES: Final = sorted(path for app in APPS for room in ROOMS for path in (ROOT / app / room).rglob("*.py"))

MACHINE_DATES: Final = re.compile(r"""\|date:['"](c|Y-m-d)['"]|\{% now ['"]U['"] %\}""")
"""Dates and instants in attributes for programs, such as `<time datetime>`."""
FILTERS: Final = re.compile(
    r"\|(date|time|timesince|timeuntil|naturaltime|floatformat|intcomma|localize)\b|\{%-?\s*now\b"
)
ELEMENTS: Final = "money|signed|apart|face|bare|signed_bare|marked"
IN_ATTRIBUTE: Final = re.compile(rf"""\s[a-z-]+="(?:[^"{{]|\{{(?!\{{)|\{{%[^%]*%\}})*\{{\{{[^}}]*\|({ELEMENTS})\b""")
AS_TEXT: Final = re.compile(r">\s*\{\{[^}]*\|(digits|money_text|signed_text|face_text)\b")
TAGS: Final = re.compile(r"\{%.*?%\}", re.DOTALL)
IN_PYTHON: Final = re.compile(
    r"\bstrftime\(|\bdate_?format\b|\bto_text\(|\bto_digits\(|\bdate_format\(|\bnumber_format\("
)
IN_SCRIPT: Final = re.compile(r"toLocale(Date|Time)String|Intl\.DateTimeFormat\([^)]|style: .currency.|\.toFixed\(")


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def faults_of_template(text: str) -> list[str]:
    """Returns what a template writes in a way of its own."""
    found = [found[0] for found in FILTERS.finditer(MACHINE_DATES.sub("", text))]
    found += [found[0].strip() for found in IN_ATTRIBUTE.finditer(TAGS.sub("", text))]
    found += [found[0].strip() for found in AS_TEXT.finditer(text)]
    return found + (["<bdi class='amount'>"] if re.search(r"<bdi[^>]*amount", text) else [])


@pytest.mark.parametrize("path", TEMPLATES, ids=named)
def test_a_template_writes_amounts_and_dates_by_the_filters_of_figures(path: Path) -> None:
    assert faults_of_template(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "text",
    [
        "{{ at|date:'H:i' }}",
        "{{ at|time }}",
        "{% now 'Y' %}",
        "{{ total|floatformat:2 }}",
        '<a title="{{ total|money:currency }}">',
        """<a aria-label="{% translate 'Undo' %} {{ total|money:currency }}">""",
        "<td>{{ total|digits:currency }}</td>",
        '<bdi class="amount" dir="ltr">{{ total }}</bdi>',
    ],
)
def test_a_way_of_its_own_is_found(text: str) -> None:
    assert faults_of_template(text)


@pytest.mark.parametrize(
    "text",
    [
        "<time datetime=\"{{ at|date:'c' }}\">{{ at|minute:store }}</time>",
        '<input value="{{ total|digits:currency }}">',
        '<td data-label="In">{{ total|money:currency }}</td>',
        """<td data-label="{% translate 'In' %}" class="figure">{% if x %}{{ total|bare:currency }}{% endif %}</td>""",
    ],
)
def test_the_one_way_is_no_fault(text: str) -> None:
    assert faults_of_template(text) == []


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_pages_in_python_write_by_the_style_in_force(path: Path) -> None:
    """`to_text` and `strftime` write for programs: the API, exports, commands and the audit trail."""
    assert [found[0] for found in IN_PYTHON.finditer(path.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize("path", SCRIPTS, ids=named)
def test_a_script_writes_amounts_and_times_as_the_server_tells(path: Path) -> None:
    assert [found[0] for found in IN_SCRIPT.finditer(path.read_text(encoding="utf-8"))] == []
