"""The strip of the last thirty closes."""

from django.template.loader import render_to_string

from reconciliations.screens.strip import StripClose, draw_strip


def a_strip(*differences: int, band: tuple[int, int] | None = None, **more: bool) -> str:
    closes = [
        StripClose(difference=one, when=f"day {at}", place="Register 1", path=f"/x/{at}", band=band, **more)
        for at, one in enumerate(differences)
    ]
    return render_to_string(
        "reconciliations/strip.html", {"strip": draw_strip(closes, key="carla", title="Carla", currency="EUR")}
    )


def test_it_shows_the_last_thirty_and_a_table() -> None:
    page = a_strip(*range(-20, 20))
    assert page.count("<circle") == page.count("<tr>") - 1 == 30
    assert "day 39" in page
    assert "day 9<" not in page
    assert 'aria-labelledby="carla-title carla-told"' in page


def test_it_tells_in_words_what_it_draws() -> None:
    told = draw_strip(
        [StripClose(difference=one, when="today", band=(-100, 100)) for one in (0, -50, -3990, 20)],
        key="x",
        title="x",
        currency="EUR",
    ).description
    assert told == (
        "4 closes, oldest first. 1 balanced, 2 short, 1 over. Largest shortage: 39.90\u00a0EUR. Largest overage: "
        "0.20\u00a0EUR. 1 close is outside the band of its register."
    )


def test_zero_is_in_the_middle_and_the_largest_at_the_edge() -> None:
    dots = draw_strip(
        [StripClose(difference=one, when="x") for one in (0, -3990, 3990)], key="x", title="x", currency="EUR"
    ).dots
    assert [dot.y for dot in dots] == [70, 126, 14]


def test_without_a_band_nothing_is_outside() -> None:
    assert "outside" not in a_strip(0, -100_000)
    assert "outside the band" in a_strip(0, -100_000, band=(-5, 5))
    assert "1 close in 100 lies outside" in a_strip(0, band=(-5, 5))


def test_exact_closes_draw_a_line_of_dots() -> None:
    page = a_strip(0, 0, 0)
    assert page.count('cy="70"') == 3
    assert "3 closes, oldest first. 3 balanced, 0 short, 0 over." in page


def test_the_close_of_the_page_has_a_ring() -> None:
    assert 'class=" current"' in a_strip(-5, is_current=True)
