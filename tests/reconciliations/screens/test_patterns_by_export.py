"""Every figure of patterns, computed again from the exported movements by formulas that share no code with the product."""

import re
from collections import defaultdict
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from html import unescape
from itertools import combinations
from math import comb, exp, log, prod, sqrt
from statistics import median

import pytest
from django.utils import timezone

from cashdesk.enums import PlaceKind
from reconciliations.domain.pattern_review import latest_month, months_of_review, review_of
from reconciliations.enums import PatternGroup
from reconciliations.models import PatternSetting
from reconciliations.patterns.evidence import Question
from tests.module_world import ModuleWorld
from tests.reconciliations.exporting import exported
from tests.reconciliations.patterns.month_world import Weeks
from tests.screens.desk import Browser
from tests.stories import make_cast

Z = 1.959963984540054
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")


@dataclass
class Exported:
    """A close as the exported movements tell it. The difference is in cents."""

    who: str
    on: date
    difference: int = 0
    sales: int = 0
    refunds: int = 0
    paid_outs: int = 0
    register: str = ""
    is_own: bool = False

    @property
    def groups(self) -> dict[PatternGroup, str]:
        """The names of its groups, as the page shows them."""
        return {
            PatternGroup.CASHIER: self.who,
            PatternGroup.REGISTER: f"Register {self.register}",
            PatternGroup.WEEKDAY: f"{self.on:%A}",
        }


def make_weeks() -> Weeks:
    """Everybody errs; Dora is short by 5.00 on three days of the week. One close has a late sale, one is no person's.

    On Mondays and Tuesdays all of them close register 2 too, with refunds and paid-outs.
    """
    weeks = Weeks(cast=make_cast())
    first = latest_month(store=weeks.store, at=timezone.now())
    weeks.month(first, {"carla": {0: 10}, "bruno": {1: -20}, "dora": dict.fromkeys(range(3), -500)})
    days = [first + timedelta(days=number) for number in range(28)]
    for at, on in enumerate(one for one in days if one.weekday() < 2):
        for hour, (name, who) in zip((16, 18, 20), weeks.people.items(), strict=True):
            cents = {"carla": 15 * at, "bruno": -30, "dora": -45 * (at % 2)}[name]
            refunds, paid_outs = at % 2 if name == "bruno" else 0, at % 3 if name == "carla" else 0
            weeks.close(who, on, cents, station=2, hour=hour, refunds=refunds, paid_outs=paid_outs)
    session = weeks.close(weeks.people["carla"], first, 12_50, hour=14)
    assert session.closed_at is not None
    weeks.pay(session, 12_50, at=session.closed_at + timedelta(minutes=30))
    weeks.close(weeks.people["bruno"], first, -77_00, hour=22, by=weeks.cast.erika)
    PatternSetting.objects.create(account=weeks.store.account, shows_people=True, agreed="all")
    return weeks


@pytest.fixture(scope="module")
def _weeks(module_world: ModuleWorld) -> Weeks:
    return module_world.make(make_weeks)


@pytest.fixture
def weeks(db: None, _weeks: Weeks) -> Weeks:
    return deepcopy(_weeks)


def closes_of(weeks: Weeks) -> list[Exported]:
    """Reads the closes out of the file: the return of the cash says that somebody counted, and who."""
    month = latest_month(store=weeks.store, at=timezone.now())
    rows = exported(weeks.cast.erika, first=f"{month}", last=f"{month + timedelta(days=40)}")
    sessions: dict[str, Exported] = {}
    for row in rows:
        if not row["session_id"]:
            continue
        on = date.fromisoformat(row["business_date"])
        one = sessions.setdefault(row["session_id"], Exported(who=row["cashier_name"], on=on))
        cents = int(Decimal(row["amount"]) * 100)
        is_late = row["is_late"] == "true"
        if "OVER_SHORT" in (row["source"], row["destination"]):
            into_drawer = cents if row["source"] == "OVER_SHORT" else -cents
            one.difference += into_drawer
        if row["method"] == "CASH" and not is_late:
            one.sales += row["kind"] in ("SALE", "REFUND")
            one.refunds += row["kind"] == "REFUND"
            one.paid_outs += row["kind"] == "PAID_OUT"
        if row["kind"] == "SALE" and not is_late:
            one.register = row["destination_station"]
        if row["kind"] == "RETURN":
            one.is_own = row["recorded_by_name"] == row["cashier_name"]
    return [one for one in sessions.values() if one.is_own and one.sales]


def interval(found: int, total: int) -> tuple[float, float]:
    """Solves (p - x)^2 = z^2 x (1 - x) / n for x: Wilson's interval as the roots of a quadratic equation."""
    a, b, c = 1 + Z**2 / total, -(2 * found / total + Z**2 / total), (found / total) ** 2
    root = sqrt(max(b * b - 4 * a * c, 0))
    return (-b - root) / (2 * a), (-b + root) / (2 * a)


def per_100(found: int, total: int) -> str:
    low, high = interval(found, total)
    return f"{round(100 * found / total)} {round(100 * low)} to {round(100 * high)}"


def shown(weeks: Weeks, path: str) -> dict[str, list[str]]:
    """Returns the cells of each row of the table of figures, by the name in its first cell."""
    browser = Browser(weeks.cast.erika)
    browser.get(path)
    content = browser.page.content.decode()
    rows = re.findall(r'<tr>\s*<th scope="row">(.*?)</th>(.*?)</tr>', content, re.DOTALL)
    found = {}
    for name, cells in rows:
        texts = [
            " ".join(re.sub(r"<[^>]+>", "", cell).split())
            for cell in re.findall(r"<td.*?>(.*?)</td>", cells, re.DOTALL)
        ]
        found[unescape(re.sub(r"<[^>]+>", "", name)).strip()] = [unescape(text) for text in texts]
    return found


def money(cents: int) -> str:
    sign = "+" if cents > 0 else "\u2212" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02}"


def test_counts_shares_and_medians_are_those_of_the_file(weeks: Weeks) -> None:
    closes = closes_of(weeks)
    assert len(closes) == 85, "the close that Erika counted belongs to nobody"
    groups = {"All closes": closes}
    for one in closes:
        for name in one.groups.values():
            groups.setdefault(name, []).append(one)
    tables = {**shown(weeks, "/patterns"), **shown(weeks, f"/patterns/{weeks.store.uuid}/people")}
    assert set(groups) == {*WEEKDAYS, "All closes", "Register 1", "Register 2", "Carla", "Bruno", "Dora"} <= set(tables)
    for name, group in groups.items():
        differences = [one.difference for one in group]
        number, exact = len(group), differences.count(0)
        above = sum(1 for one in differences if one < 0)
        cells = tables[name]
        assert cells[:3] == [str(number), per_100(exact, number), per_100(above, number)], name
        assert amounts_in(cells[3]) == [money(int(median(differences)))], name


def amounts_in(cell: str) -> list[str]:
    """Returns the amounts of a cell without their currency."""
    return re.findall(r"[+\u2212]?\d+\.\d\d", re.sub("[\u20ac,\u00a0]|EUR", "", cell))


@dataclass
class Capped:
    """The capped differences of a group, per sale, and how far its closes are from that."""

    ratio: float
    rough: float
    closes: int
    sold: int


def capped(group: list[Exported], cap: int) -> Capped:
    cents = [max(-cap, min(cap, one.difference)) for one in group]
    sold = sum(one.sales for one in group)
    ratio = sum(cents) / sold
    rough = sum((a - ratio * c.sales) ** 2 / c.sales for a, c in zip(cents, group, strict=True))
    return Capped(ratio=ratio, rough=rough, closes=len(group), sold=sold)


def cap_of(closes: list[Exported]) -> int:
    sizes = sorted(abs(one.difference) for one in closes)
    return next(size for size in sizes if sum(1 for one in sizes if one <= size) >= 0.95 * len(sizes))


def test_the_amount_per_thousand_sales_of_the_store_is_that_of_the_file(weeks: Weeks) -> None:
    closes = closes_of(weeks)
    one = capped(closes, cap_of(closes))
    half = 1.96 * sqrt(one.rough / (one.closes - 1) / one.sold)
    wanted = [money(round(1000 * value)) for value in (one.ratio, one.ratio - half, one.ratio + half)]
    assert amounts_in(shown(weeks, "/patterns")["All closes"][4]) == wanted


def test_amounts_of_weekdays_are_drawn_to_each_other_as_morris_does_it(weeks: Weeks) -> None:
    closes = closes_of(weeks)
    groups = {name: capped([one for one in closes if f"{one.on:%A}" == name], cap_of(closes)) for name in WEEKDAYS}
    phi = sum(one.rough for one in groups.values()) / sum(one.closes - 1 for one in groups.values())
    v = {name: max(phi, one.rough / (one.closes - 1)) / one.sold for name, one in groups.items()}
    fixed = {name: 1 / one for name, one in v.items()}
    centre = sum(fixed[name] * groups[name].ratio for name in groups) / sum(fixed.values())
    q = sum(fixed[name] * (groups[name].ratio - centre) ** 2 for name in groups)
    c = sum(fixed.values()) - sum(one**2 for one in fixed.values()) / sum(fixed.values())
    tau2 = max(0, (q - 4) / c)
    w = {name: 1 / (one + tau2) for name, one in v.items()}
    mean = sum(w[name] * groups[name].ratio for name in groups) / sum(w.values())
    page = shown(weeks, "/patterns")
    for name, one in groups.items():
        b = 2 / 4 * v[name] / (v[name] + tau2)
        value = (1 - b) * one.ratio + b * mean
        half = 1.96 * sqrt((1 - b) * v[name] + b**2 / sum(w.values()) + 2 / 2 * (b * (one.ratio - mean)) ** 2)
        assert amounts_in(page[name][4]) == [
            money(round(1000 * cents)) for cents in (value, value - half, value + half)
        ], name


@cache
def mean_weight(scores: tuple[float, ...], number: int, strength: float) -> float:
    """Deals every choice of closes, one by one."""
    choices = list(combinations(scores, number))
    return sum(prod(exp(strength * one) for one in choice) for choice in choices) / len(choices)


def scores_of(closes: list[Exported]) -> dict[Question, list[float]]:
    """Returns the score of each close for each question."""
    number = len(closes)

    def ranks(values: Sequence[float]) -> list[float]:
        found = []
        for value in values:
            below, alike = sum(1 for one in values if one < value), values.count(value)
            found.append((below + below + alike) / number - 1)
        return found

    shorts = [-one for one in ranks([one.difference for one in closes])]
    return {
        question: [max(0.0, one) ** 2 for one in values]
        for question, values in {
            Question.SHORT: shorts,
            Question.UNEVEN: ranks([abs(one.difference) for one in closes]),
            Question.REFUNDS: ranks([one.refunds / one.sales for one in closes]),
            Question.PAID_OUTS: ranks([one.paid_outs / one.sales for one in closes]),
        }.items()
    }


Logs = dict[tuple[str, Question], dict[str, list[float]]]
"""The logs of the three strengths by group and question, for each cashier whose cells they come from."""


def dealt_names(closes: list[Exported], by: PatternGroup) -> Logs:
    """Compares closes that are alike in everything but their group. Their numbers of sales are alike in this shop."""
    logs: Logs = defaultdict(lambda: defaultdict(lambda: [0.0] * 3))
    cells: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for at, one in enumerate(closes):
        cells[tuple(name for group, name in one.groups.items() if group != by)].append(at)
    for question, values in scores_of(closes).items():
        if by != PatternGroup.CASHIER and question in (Question.REFUNDS, Question.PAID_OUTS):
            continue
        for cell in cells.values():
            for name in {closes[at].groups[by] for at in cell}:
                own = [values[at] for at in cell if closes[at].groups[by] == name]
                part = logs[name, question]["" if by == PatternGroup.CASHIER else closes[cell[0]].who]
                for at, strength in enumerate((1.0, 2.0, 4.0)):
                    whole = tuple(sorted(values[one] for one in cell))
                    part[at] += strength * sum(own) - log(mean_weight(whole, len(own), strength))
    return logs


def dealt_directions(closes: list[Exported], by: PatternGroup) -> Logs:
    """Compares how many of the unequal closes were short, at one register or of one cashier."""
    logs: Logs = defaultdict(lambda: defaultdict(lambda: [0.0] * 3))
    sizes = sorted(abs(one.difference) for one in closes)
    large = next(size for size in sizes if sum(1 for one in sizes if one <= size) >= 0.8 * len(sizes))
    block = PatternGroup.REGISTER if by == PatternGroup.CASHIER else PatternGroup.CASHIER
    for question, least in ((Question.ANY_SHORT, 1), (Question.LARGE_SHORT, max(1, large))):
        unequal = [one for one in closes if abs(one.difference) >= least]
        for where in {one.groups[block] for one in unequal}:
            cell = [one for one in unequal if one.groups[block] == where]
            short = sum(1 for one in cell if one.difference < 0)
            for name in {one.groups[by] for one in cell}:
                mine = [one for one in cell if one.groups[by] == name]
                part = logs[name, question]["" if by == PatternGroup.CASHIER else where]
                for at, strength in enumerate((0.5, 1.0, 2.0)):
                    dealt = sum(
                        comb(short, one) * comb(len(cell) - short, len(mine) - one) * exp(strength * one)
                        for one in range(len(mine) + 1)
                    ) / comb(len(cell), len(mine))
                    part[at] += strength * sum(1 for one in mine if one.difference < 0) - log(dealt)
    return logs


def labels_of(weeks: Weeks, by: PatternGroup) -> dict[str, int]:
    """Returns the label of each group by its name."""
    if by == PatternGroup.CASHIER:
        return {name.title(): person.pk for name, person in weeks.people.items()}
    if by == PatternGroup.WEEKDAY:
        return {name: at for at, name in enumerate(WEEKDAYS)}
    return {str(one): one.pk for one in weeks.store.places.filter(kind=PlaceKind.REGISTER)}


@pytest.mark.parametrize("by", PatternGroup)
def test_the_evidence_is_that_of_all_ways_to_deal_the_groups_of_the_file(weeks: Weeks, by: PatternGroup) -> None:
    closes = closes_of(weeks)
    wanted = {**dealt_names(closes, by), **dealt_directions(closes, by)}
    shown(weeks, f"/patterns/{weeks.store.uuid}/people")
    months = months_of_review(store=weeks.store, at=timezone.now())
    found, labels = review_of(store=weeks.store, group=by, months=months), labels_of(weeks, by)
    assert {name for name, _question in wanted} == {name for name in labels if labels[name] in found}
    for (name, question), parts in wanted.items():
        whole = [sum(logs) for logs in zip(*parts.values(), strict=True)]
        # A cashier whose cells are all alike told nothing, and is nobody to leave out.
        without = [[a - b for a, b in zip(whole, part, strict=True)] for part in parts.values() if any(part)]
        rest = [whole] if by == PatternGroup.CASHIER else without or [whole]
        least = min(sum(exp(one) for one in logs) / 3 for logs in rest)
        standing = found[labels[name]]
        if any(whole):
            assert standing.logs[question] == pytest.approx(whole), (name, question)
        assert standing.e_value(question) == pytest.approx(least), (name, question)
    assert any(sum(map(sum, zip(*parts.values(), strict=True))) for parts in wanted.values())
