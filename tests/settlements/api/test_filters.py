"""The filters of settlements by their amounts and by the number of previews."""

from typing import Any, Final
from urllib.parse import quote

import pytest
from django.utils import timezone

from cashdesk.domain.caller.principal import Principal
from cashdesk.models import AuditEntry
from settlements.domain.closing import force_close_settlement
from settlements.domain.count_settlement_afterwards import count_settlement_afterwards
from settlements.models import Settlement
from tests.cashdesk.desk import counted
from tests.settlements.steps import answered, close, open_register, open_vault, preview, report, start_counting
from tests.stories import Caller, Cast, caller, counted_queries


def found(by: Caller, *filters: tuple[str, str]) -> list[str]:
    """Returns the ids of the settlements that the filters find."""
    query = "&".join(f"{name}={quote(value)}" for name, value in filters)
    shown: Any = answered(by.get(f"/settlements?{query}"), 200)["settlements"]
    assert shown["totalElements"] == len(shown["content"])
    return [row["settlementId"] for row in shown["content"]]


def test_a_settlement_is_found_by_each_list_of_its_amounts(cast: Cast) -> None:
    erika = caller(cast.erika)
    open_vault(erika)
    register = open_register(erika, {("EUR", "CASH"): 200_00, ("USD", "CASH"): 50_00})
    report(erika, "sale", 10_00)
    start_counting(erika, register)
    close(erika, register, {("EUR", "CASH"): 209_00, ("USD", "CASH"): 50_00})
    for name, value in (
        ("initialAmounts", "20000 EUR CASH"),
        ("initialAmounts", "20000 EUR efectivo"),
        ("targetAmounts", "21000 EUR CASH"),
        ("actualAmounts", "20900 EUR CASH"),
        ("differenceAmounts", "-100 EUR CASH"),
        ("differenceAmounts", "0 USD CASH"),
    ):
        assert found(erika, (name, value)) == [register], value
        assert found(erika, (name, value), ("state", "OPEN")) == []
        assert found(erika, (name, value.replace("USD", "CHF").replace("EUR", "CHF"))) == []
    two = (("actualAmounts", "20900 EUR CASH"), ("actualAmounts", "5000 USD CASH"))
    assert found(erika, *two) == [register]
    assert found(erika, *two, ("actualAmounts", "1 USD CASH")) == [], "each amount must be there"


def test_a_settlement_is_found_by_the_number_of_its_previews(cast: Cast) -> None:
    erika = caller(cast.erika)
    vault, register = open_vault(erika), open_register(erika)
    start_counting(erika, register)
    for number in range(2):
        preview(erika, register, number)
    assert found(erika, ("previewCount", "2")) == [register]
    assert found(erika, ("previewCount", "0")) == [vault]
    assert found(erika, ("sort", "previewCount,desc")) == [register, vault]


@pytest.mark.parametrize(
    "value",
    ["20000", "EUR", "20000 EUR", "x EUR CASH", "1.5 EUR CASH", "--1 EUR CASH", "1 EURO CASH", "1 EUR ", "1  EUR CASH",
     f"{10**18} EUR CASH", "1 EUR \0", f"1 EUR {'x' * 33}", "٣ EUR CASH"],
)  # fmt: skip
def test_an_amount_that_cannot_be_read_is_400(cast: Cast, value: str) -> None:
    answer = caller(cast.erika).get(f"/settlements?actualAmounts={quote(value)}")
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["actualAmounts"])


NAMES: Final = ("initialAmounts", "actualAmounts", "targetAmounts", "differenceAmounts")


@pytest.mark.parametrize("name", NAMES)
def test_a_blank_amount_is_no_filter(cast: Cast, name: str) -> None:
    """An empty value is ignored, as for every other attribute, also for open settlements without such amounts."""
    erika = caller(cast.erika)
    vault, register = open_vault(erika), open_register(erika)
    assert found(erika, (name, "")) == [register, vault]
    assert found(erika, (name, ""), (name, "")) == [register, vault]
    assert found(erika, (name, ""), ("previewCount", ""), ("state", "")) == [register, vault]
    assert found(erika, (name, ""), ("initialAmounts", "20000 EUR CASH")) == [register]


@pytest.mark.parametrize("names", [NAMES[:1], NAMES[1:2], NAMES])
def test_only_so_many_amounts_are_looked_for(cast: Cast, names: tuple[str, ...]) -> None:
    """The limit is for all amount filters together. Each amount counts once, in any spelling."""
    erika = caller(cast.erika)
    amounts = [(names[number % len(names)], f"{number} EUR CASH") for number in range(11)]
    again = [(name, value.replace("CASH", "cash")) for name, value in amounts[:10]]
    with counted_queries() as queries:
        assert found(erika, *amounts[:10], *again, (names[0], "")) == []
    (*_, listing) = (query["sql"] for query in queries.captured_queries if "EXISTS" in query["sql"])
    assert listing.count('"currency" = ') == 10
    query = "&".join(f"{name}={quote(value)}" for name, value in amounts)
    answer = erika.get(f"/settlements?{query}")
    assert answer.status_code == 400
    (told,) = answer.json()["errors"]
    assert told in names


@pytest.mark.parametrize("who", ["carla", "erika", "anna"])
def test_nobody_finds_an_expected_amount_by_trying(cast: Cast, who: str) -> None:
    """Law 5: a target matches only after the count, even for managers, because the audit trail would not note the search."""
    erika, carla, by = caller(cast.erika), caller(cast.carla), caller(getattr(cast, who))
    open_vault(erika)
    register = open_register(carla)
    report(carla, "sale", 10_00)

    def tried() -> list[str]:
        return [
            settlement
            for name, value in (("targetAmounts", 210_00), ("actualAmounts", 0), ("differenceAmounts", -210_00))
            for settlement in found(by, (name, f"{value} EUR CASH"))
        ]

    assert tried() == []
    start_counting(carla, register)
    assert tried() == []
    settlement, manager = Settlement.objects.get(uuid=register), Principal(user=cast.erika)
    force_close_settlement(settlement=settlement, by=manager, at=timezone.now(), reason="power cut")
    assert tried() == []
    assert not AuditEntry.objects.filter(action="expected.seen").exists()
    count_settlement_afterwards(settlement=settlement, counted=[counted(0)], by=manager, at=timezone.now())
    assert tried() == [register] * 3
