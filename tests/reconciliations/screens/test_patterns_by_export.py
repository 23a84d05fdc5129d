"""Every figure of patterns, computed again from the exported movements by formulas that share no code with the product."""

import re
from collections import defaultdict
from copy import deepcopy
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from html import unescape
from itertools import combinations
from math import comb, exp, log, prod, sqrt
from statistics import median

import pytest
from django.utils import timezone

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


@dataclass
class Exported:
    """A close as the exported movements tell it. The difference is in cents."""

    who: str
    on: date
    difference: int = 0
    sales: int = 0
    is_own: bool = False


def make_weeks() -> Weeks:
    """Everybody errs; Dora is short by 5.00 on three days of the week. One close has a late sale, one is no person's."""
    weeks = Weeks(cast=make_cast())
    first = latest_month(store=weeks.store, at=timezone.now())
    weeks.month(first, {"carla": {0: 10}, "bruno": {1: -20}, "dora": dict.fromkeys(range(3), -500)})
    session = weeks.close(weeks.people["carla"], first, 12_50, hour=15)
    assert session.closed_at is not None
    weeks.pay(session, 12_50, at=session.closed_at + timedelta(minutes=30))
    weeks.close(weeks.people["bruno"], first, -77_00, hour=17, by=weeks.cast.erika)
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
        if row["kind"] in ("SALE", "REFUND") and row["method"] == "CASH" and not is_late:
            one.sales += 1
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
    assert len(closes) == 61, "the close that Erika counted belongs to nobody"
    groups = {"All closes": closes, "Register 1": closes}
    for name in ("Carla", "Bruno", "Dora"):
        groups[name] = [one for one in closes if one.who == name]
    tables = {**shown(weeks, "/patterns"), **shown(weeks, f"/patterns/{weeks.store.uuid}/people")}
    for name, group in groups.items():
        differences = [one.difference for one in group]
        number, exact = len(group), differences.count(0)
        above = sum(1 for one in differences if one < 0)
        cells = tables[name]
        assert cells[:3] == [str(number), per_100(exact, number), per_100(above, number)], name
        middle = median(differences)
        assert money(int(middle)) in cells[3].replace("\u20ac", "").replace("\u00a0EUR", ""), name


def test_the_amount_per_thousand_sales_of_the_store_is_that_of_the_file(weeks: Weeks) -> None:
    closes = closes_of(weeks)
    sizes = sorted(abs(one.difference) for one in closes)
    cap = next(size for size in sizes if sum(1 for one in sizes if one <= size) >= 0.95 * len(sizes))
    capped = [max(-cap, min(cap, one.difference)) for one in closes]
    sold = sum(one.sales for one in closes)
    ratio = sum(capped) / sold
    phi = sum((a - ratio * c.sales) ** 2 / c.sales for a, c in zip(capped, closes, strict=True)) / (len(closes) - 1)
    half = 1.96 * sqrt(phi / sold)
    wanted = [money(round(1000 * one)) for one in (ratio, ratio - half, ratio + half)]
    cell = shown(weeks, "/patterns")["All closes"][4].replace(",", "")
    assert re.findall(r"[+\u2212]?\u20ac?(?:EUR)?[\d]+\.\d\d|[+\u2212]\d+\.\d\d", cell.replace("\u20ac", "")) == wanted


def mean_weight(scores: list[float], number: int, strength: float) -> float:
    """Deals every choice of closes, one by one."""
    choices = list(combinations(scores, number))
    return sum(prod(exp(strength * one) for one in choice) for choice in choices) / len(choices)


def test_the_evidence_is_that_of_all_ways_to_deal_the_names_of_the_file(weeks: Weeks) -> None:
    closes = closes_of(weeks)
    number = len(closes)

    def rank(values: list[int], value: int) -> float:
        below, alike = sum(1 for one in values if one < value), values.count(value)
        return (below + below + alike) / number - 1

    levels, sizes = [one.difference for one in closes], [abs(one.difference) for one in closes]
    scores = {
        Question.SHORT: [max(0.0, -rank(levels, one)) ** 2 for one in levels],
        Question.UNEVEN: [max(0.0, rank(sizes, one)) ** 2 for one in sizes],
    }
    wanted: dict[tuple[str, Question], list[float]] = defaultdict(lambda: [0.0] * 3)
    for weekday in range(5):
        cell = [at for at, one in enumerate(closes) if one.on.weekday() == weekday]
        for question, values in scores.items():
            for who in ("Carla", "Bruno", "Dora"):
                own = [values[at] for at in cell if closes[at].who == who]
                for at, strength in enumerate((1.0, 2.0, 4.0)):
                    dealt = mean_weight([values[one] for one in cell], len(own), strength)
                    wanted[who, question][at] += strength * sum(own) - log(dealt)
    unequal = [one for one in closes if one.difference]
    short = sum(1 for one in unequal if one.difference < 0)
    for who in ("Carla", "Bruno", "Dora"):
        own_short = sum(1 for one in unequal if one.who == who and one.difference < 0)
        mine = sum(1 for one in unequal if one.who == who)
        for at, strength in enumerate((0.5, 1.0, 2.0)):
            dealt = sum(
                comb(short, one) * comb(len(unequal) - short, mine - one) * exp(strength * one)
                for one in range(mine + 1)
            ) / comb(len(unequal), mine)
            wanted[who, Question.ANY_SHORT][at] = strength * own_short - log(dealt)
    shown(weeks, f"/patterns/{weeks.store.uuid}/people")
    months = months_of_review(store=weeks.store, at=timezone.now())
    found = review_of(store=weeks.store, group=PatternGroup.CASHIER, months=months)
    for (who, question), logs in wanted.items():
        assert found[weeks.people[who.lower()].pk].logs[question] == pytest.approx(logs), (who, question)
