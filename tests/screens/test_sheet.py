"""The count sheet: its rows add up, and no input is lost."""

import gzip
import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.core.exceptions import ValidationError
from whitenoise.compress import Compressor  # type: ignore[import-untyped]

from cashdesk.denominations import DENOMINATIONS
from cashdesk.domain.counting.count import PIECES_MAX, Pieces
from cashdesk.forms.count_sheet import CountSheet
from cashdesk.models import CountPieces, Movement
from tests.screens.desk import Browser, open_of
from tests.stories import Cast

WIRE_BYTES_MAX = 60_000


def sheet(currency: str = "EUR", *, prefix: str = "", template: Any = None, **typed: str) -> CountSheet:
    """Returns a sheet with input: `pieces_2000="5"` is the field pieces-2000."""
    told = {f"{prefix}{name.replace('_', '-')}": value for name, value in typed.items()}
    return CountSheet(currency, told, prefix=prefix, usual=template)


def test_loose_packed_and_weighed_pieces_add_up() -> None:
    counted = sheet(pieces_50="3", packs_50="2", worth_50="12.50", packs_2000="1", pieces_1="0", prefix="a-")
    assert counted.counted is not None
    assert counted.counted.pieces == (
        Pieces(denomination=2000, pieces=100),
        Pieces(denomination=50, pieces=3 + 2 * 40 + 25),
        Pieces(denomination=1, pieces=0),
    )
    assert counted.total == 2000_00 + 54_00
    assert counted.is_fuller
    assert [row.worth for row in counted.left_empty] == [
        50000, 20000, 10000, 5000, 1000, 500, 200, 100, 20, 10, 5, 2,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        (
            {"worth_50": "7.03"},
            "7.03\u00a0EUR is not a whole number of pieces. The nearest amounts are 7.00\u00a0EUR and 7.50\u00a0EUR.",
        ),
        ({"worth_50": "x"}, "Enter an amount such as 1,250.50."),
        ({"packs_50": "1.5"}, "Enter a whole number of rolls or bundles, such as 2."),
        ({"pieces_50": "9" * 17}, f"Enter at most {PIECES_MAX} pieces."),
        ({"packs_50": "9" * 17}, f"Enter at most {PIECES_MAX} pieces."),
        ({"pieces_50": "-1"}, "Enter a whole number of pieces, such as 12."),
        ({"pieces_50": "1", "packs_50": str(PIECES_MAX // 40)}, f"Enter at most {PIECES_MAX} pieces."),
    ],
)
def test_what_cannot_be_read_is_told_in_its_row(typed: dict[str, str], error: str) -> None:
    wrong = sheet(pieces_100="4", **typed)
    assert wrong.counted is None
    assert [(row.worth, row.error) for row in wrong.rows if row.error] == [(50, error)]
    assert wrong.total == 0


def test_everything_typed_is_carried_on_whatever_is_shown() -> None:
    first = sheet(pieces_50="07", packs_50="2", worth_50="12.5", amount="36.00", prefix="usd-", currency="USD")
    again = CountSheet("USD", dict(first.hidden_fields), prefix="usd-")
    assert again.hidden_fields == first.hidden_fields
    assert again.counted == first.counted is not None
    simple = sheet(pieces_50="7")
    assert not CountSheet("EUR", dict(simple.hidden_fields)).is_fuller
    assert CountSheet("EUR", {**dict(simple.hidden_fields), "fuller": "1"}).is_fuller


def test_nought_is_said_by_a_key_or_by_a_button() -> None:
    assert sheet(pieces_50="0").counted is not None
    assert sheet().counted is None
    said = sheet(pieces_50="3", packs_200="1", none="1")
    assert said.left_empty == []
    assert {row.typed for row in said.rows if row.worth not in (50, 200)} == {"0"}
    assert said.total == 51_50


def test_the_usual_float_fills_what_is_empty_and_only_that() -> None:
    usual = {1000: 5, 200: 10, 50: 4}
    untouched = sheet(template=usual)
    assert (untouched.usual_total, untouched.takes_usual, untouched.counted) == (72_00, False, None)
    taken = sheet(template=usual, pieces_1000="4", packs_50="1", usual="1")
    assert taken.takes_usual
    assert [(row.worth, row.pieces) for row in taken.rows if row.is_said] == [(1000, 4), (200, 10), (50, 40)]


def test_a_pack_holds_what_its_bank_says() -> None:
    def packs(currency: str) -> list[tuple[int, int]]:
        return [(row.worth, row.packs.size) for row in CountSheet(currency).rows if row.packs and not row.is_note]

    assert packs("EUR") == [(200, 25), (100, 25), (50, 40), (20, 40), (10, 40), (5, 50), (2, 50), (1, 50)]
    assert packs("USD") == [(50, 20), (25, 40), (10, 50), (5, 40), (1, 50)]
    assert packs("GBP") == [(200, 10), (100, 20), (50, 20), (20, 50), (10, 50), (5, 100), (2, 50), (1, 100)]
    assert packs("CLP") == []
    for pieces in DENOMINATIONS.values():
        assert all(piece.packed == 100 and piece.pack == "bundle" for piece in pieces if piece.kind == "note")
        assert all(bool(piece.packed) == bool(piece.pack) for piece in pieces)


def test_a_count_in_rolls_and_by_weight_is_a_count_of_pieces(cast: Cast) -> None:
    cast.store.float_template = {"2000": 2, "50": 4}
    cast.store.save()
    carla = Browser(cast.carla)
    carla.get("/desk/open")
    assert "The usual float: €42.00 . Fill it in, then check every line." in carla.text
    assert carla.value("pieces-2000") == ""
    assert carla.send("/desk/open", {"step": "open", "pieces-50": "3", "usual": "1"}).status_code == 200
    assert "We filled in the usual float." in carla.text
    assert (carla.value("pieces-2000"), carla.value("pieces-50")) == ("2", "3")
    assert not Movement.objects.exists()
    carla.send("/desk/open", {"step": "open", "pieces-2000": "2", "pieces-50": "4"})
    session = open_of(cast.carla)
    assert session.start_amount == 42_00

    carla.fill("/desk/count", {"pieces-2000": "1", "packs-50": "1", "worth-50": "1.50", "pieces-200": "1"})
    assert "€0.50 43 1 × 40 + weighed 3 40 3 21.50" in carla.text
    assert 'formaction="/desk/count#pieces-1000"' in carla.page.content.decode()
    carla.send("/desk/count", {"none": "1"})
    assert "These lines are empty" not in carla.text
    assert "€10 0 0.00" in carla.text
    carla.send("/desk/count", {"step": "back"})
    assert (carla.value("packs-50"), carla.value("worth-50"), carla.value("pieces-1000")) == ("1", "1.50", "0")
    carla.send("/desk/count", {"pieces-2000": "1", "packs-50": "1", "worth-50": "1.50", "pieces-200": "1"})
    carla.send("/desk/count", {"step": "close"})
    told = CountPieces.objects.filter(count_amount__count__moment="CLOSING").values_list("denomination", "pieces")
    assert dict(told) == {2000: 1, 200: 1, 50: 43}
    carla.follow()
    # A twenty lacks: what is left makes it up as far as it goes, the two and thirty-nine more fifties.
    for words in ("€20 1 × 1 × –", "€2 1 × 1 × –", "€0.50 43 × 40 × 3 ×", "Keep as float €42.00",
                  "Put into the safe €1.50"):  # fmt: skip
        assert words in carla.text, words
    assert "are missing" not in carla.text
    assert "Show Z report on A4" not in carla.text
    erika = Browser(cast.erika)
    erika.get(f"/desk/sessions/{session.uuid}")
    path = re.search(r'href="(/reports/registers/[^"]+)">Show Z report on A4', erika.page.content.decode())
    assert path is not None
    assert erika.get(path[1]).status_code == 200


def test_a_float_that_cannot_be_made_says_by_how_much(cast: Cast) -> None:
    cast.store.float_template = {"1000": 3}
    cast.store.save()
    carla = Browser(cast.carla)
    carla.fill("/desk/open", {"step": "open", "amount": "50"})
    carla.count({"pieces-5000": "1", "pieces-1000": "1"})
    carla.follow()
    assert "These pieces cannot make up the float of €30.00. €20.00 are missing." in carla.text
    assert "Put into the safe €50.00" in carla.text


@pytest.mark.parametrize(
    ("template", "error"),
    [
        ([1], "Enter the usual float as pieces by the value of a note or coin"),
        ({"3000": 1}, "EUR has no note or coin of 3000 minor units."),
        ({"1000": -1}, "10\u00a0EUR: Enter a whole number of pieces from 1 to 10000. Leave it out for none."),
        ({"1000": 10_001}, "10\u00a0EUR: Enter a whole number"),
        ({"1000": True}, "10\u00a0EUR: Enter a whole number"),
        ({"1000": "5"}, "10\u00a0EUR: Enter a whole number"),
    ],
)
def test_a_float_that_cannot_lie_in_a_drawer_is_refused(cast: Cast, template: Any, error: str) -> None:
    cast.store.float_template = template
    with pytest.raises(ValidationError) as refused:
        cast.store.full_clean()
    assert error in refused.value.message_dict["float_template"][0]


def test_the_count_page_is_light_on_the_wire(cast: Cast, tmp_path: Path) -> None:
    carla = Browser(cast.carla)
    carla.fill("/desk/open", {"step": "open", "amount": "0"})
    page = carla.get("/desk/count").content
    sizes = {"page": len(page)}
    for name in set(re.findall(r'(?:href|src)="/static/([^"]+)"', page.decode())):
        found = finders.find(name)
        assert found is not None
        copy = tmp_path / name.replace("/", "-")
        copy.write_bytes(Path(found).read_bytes())
        # What collectstatic leaves beside each file, and the server sends.
        packed = [Path(made).stat().st_size for made in Compressor(quiet=True).compress(str(copy))]
        sizes[name] = min([copy.stat().st_size, *packed])
    assert {"cashdesk/desk.css", "cashdesk/count.js", "cashdesk/favicon.svg"} < set(sizes)
    assert sum(sizes.values()) < WIRE_BYTES_MAX, sizes
    assert len(gzip.compress(page)) < 8_000
