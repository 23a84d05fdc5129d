"""X and Z reports and bags as files. The figures are added up again from exported movements, with no code of the reports."""

import csv
import io
import zlib
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

import pytest
from django.test import Client
from django.urls import reverse

from cashdesk.documents.answer import WRITERS
from cashdesk.domain.counting.count import Pieces
from cashdesk.models import AuditEntry, Seal
from settlements.domain.deposit import prepare_deposit
from settlements.models import Deposit
from tests.module_world import ModuleWorld
from tests.reconciliations.exporting import exported
from tests.settlements.reporting import USD, Day, found
from tests.stories import Cast, make_cast

WORDS: Final = {
    "Sale": "SALE", "Refund": "REFUND", "Drop": "DROP", "Float": "FLOAT", "Over/short": "OVER_SHORT", "Return": "RETURN",
}  # fmt: skip


@pytest.fixture(scope="module")
def _cast(module_world: ModuleWorld) -> Cast:
    return module_world.make(make_day)


@pytest.fixture
def shop(db: None, _cast: Cast) -> Cast:
    """A closed settlement with two sessions, a bag, and a running settlement."""
    return _cast


def make_day() -> Cast:
    cast = make_cast()
    day = Day(cast)
    day.open_vault()
    day.close(day.trade(), found(33_500, pieces={10_000: 3, 2_000: 1, 1_000: 1, 500: 1}), found(1_500, USD))
    by = day.by()
    prepare_deposit(
        store=cast.store,
        amount=25_000,
        currency="EUR",
        bag_number="0419",
        pieces=[Pieces(denomination=5_000, pieces=5)],
        by=by,
        at=day.tick,
    )
    day.trade()
    return cast


def client_of(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.erika)
    return client


def blocks_of(content: bytes) -> dict[str, list[list[str]]]:
    """Returns the lines of a CSV below each title that stands alone after an empty line."""
    blocks: dict[str, list[list[str]]] = {"": []}
    title = ""
    lines = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    for before, line in zip([["x"], *lines], lines, strict=False):
        if not before and len(line) == 1:
            title = line[0]
            blocks[title] = []
        elif line:
            blocks[title].append(line)
    return blocks


def moved(cast: Cast, seal: Seal, *, currency: str) -> Iterator[tuple[str, Decimal, Decimal]]:
    """Adds up the exported cash movements of a register's sealed period: (kind, in, out)."""
    sums: dict[str, list[Decimal]] = defaultdict(lambda: [Decimal(), Decimal()])
    for row in exported(cast.erika):
        is_inside = seal.after_movement < int(row["ledger_number"]) <= seal.last_movement
        if not is_inside or (row["method"], row["currency"]) != ("CASH", currency):
            continue
        for column, end in ((0, "destination"), (1, "source")):
            if (row[end], row[f"{end}_station"]) == ("REGISTER", "1"):
                sums[row["kind"]][column] += Decimal(row["amount"])
    yield from ((kind, came, went) for kind, (came, went) in sums.items())


@pytest.mark.parametrize("number", [1, 2])
def test_each_line_of_a_z_is_the_sum_of_exported_rows(shop: Cast, number: int) -> None:
    seal = Seal.objects.get(place__store=shop.store, place__number=1, place__kind="REGISTER", number=number)
    path = reverse("z-report-file", args=[shop.store.uuid, 1, number, "csv"])
    blocks = blocks_of(client_of(shop).get(path).content)
    told = {line[0]: line[1:] for line in blocks["EUR Cash"][1:]}
    sums = {kind: (came, went) for kind, came, went in moved(shop, seal, currency="EUR")}
    begun = Decimal(told["Already there"][1] or 0)
    for word, kind in WORDS.items():
        came, went = sums.get(kind, (Decimal(), Decimal()))
        booked = [line for line in blocks.get("Booked by the close", []) if line[:3] == [word, "EUR", "Cash"]]
        lines = [told[word][1:]] if word in told else []
        figures = [*lines, *(line[4:] for line in booked)]
        assert sum(Decimal(line[0] or 0) for line in figures) == came, word
        assert sum(Decimal(line[1] or 0) for line in figures) == went, word
    difference = Decimal(told["Difference"][1])
    assert Decimal(told["Counted"][1]) - Decimal(told["Expected"][1]) == difference
    # The cash of all movements, without the difference that the close booked, is what was expected.
    before = begun + sum(came - went for came, went in sums.values()) - difference
    assert Decimal(told["Expected"][1]) == before


def test_a_look_at_an_x_file_is_recorded_as_one_at_its_page(shop: Cast) -> None:
    path = reverse("x-report-file", args=[shop.store.uuid, 1, "csv"])
    answer = client_of(shop).get(path)
    assert AuditEntry.objects.filter(action="x_report.seen", user=shop.erika).count() == 1
    told = {line[0]: line[1:] for line in blocks_of(answer.content)["EUR Cash"][1:]}
    assert Decimal(told["Expected"][1]) == Decimal(told["Opened with"][1]) + sum(
        Decimal(line[1] or 0) - Decimal(line[2] or 0)
        for word, line in told.items()
        if word in WORDS and word != "Expected"
    )
    assert client_of(shop).get(reverse("x-report-file", args=[shop.store.uuid, 2, "pdf"])).status_code == 404


@pytest.mark.parametrize("file_format", WRITERS)
def test_z_and_bag_are_the_same_bytes_each_time(shop: Cast, file_format: str) -> None:
    client, bag = client_of(shop), Deposit.objects.get()
    for path in (
        reverse("z-report-file", args=[shop.store.uuid, 1, 3, file_format]),
        reverse("vault-deposit-file", args=[bag.uuid, file_format]),
    ):
        answer = client.get(path)
        assert answer.status_code == 200
        assert answer.content == client.get(path).content
        assert answer.headers["Cache-Control"].startswith("max-age=0, no-cache")


def test_the_slip_of_a_bag_has_its_pieces(shop: Cast) -> None:
    path = reverse("vault-deposit-file", args=[Deposit.objects.get().uuid, "csv"])
    blocks = blocks_of(client_of(shop).get(path).content)
    assert blocks["Notes and coins"] == [
        ["Note or coin", "Number", "EUR"],
        ["€50", "5", "250.00"],
        ["Total", "", "250.00"],
    ]


def test_a_pdf_has_its_title_language_date_and_pages(shop: Cast) -> None:
    shop.erika.language = "de"
    shop.erika.save()
    content = client_of(shop).get(reverse("z-report-file", args=[shop.store.uuid, 1, 3, "pdf"])).content
    assert content.startswith(b"%PDF-1.")
    assert b"/Lang (de)" in content
    assert b"/DisplayDocTitle true" in content
    assert b"/CreationDate (D:20260310" in content
    assert b"/MediaBox [0 0 595.28 841.89]" in content
    assert b"DejaVuSansCondensed" in content
    # The streams are compressed, and the font is cut down to the letters that the report needs.
    streams = [part.partition(b"endstream")[0].strip(b"\r\n") for part in content.split(b"stream\n")[1:]]
    assert any(zlib.decompressobj().decompress(one).startswith(b"2 J") for one in streams if one[:1] == b"x")
