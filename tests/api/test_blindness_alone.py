"""Law 5 for one person alone: no combination of a cashier's own actions reveals the expected amount of their drawer.

Each chain of actions runs in two worlds that differ only in their sales. The answers must be equal until another
person has counted the drawer.
"""

import re
from collections.abc import Callable

import pytest
from django.http import HttpResponse
from django.utils import timezone

from cashdesk.domain.caller.principal import SYSTEM, Principal
from cashdesk.domain.counting.count import CountedAmount
from cashdesk.domain.session.closing import close_session, force_close_session
from cashdesk.domain.session.count_afterwards import count_afterwards
from cashdesk.enums import Role
from cashdesk.errors import Forbidden
from cashdesk.models import CashSession, User, Variance
from tests.api.blind import Drawer, Step, all_of, cash_out, get, notations, post, sent
from tests.api.steps import bound_key, opened, payment
from tests.api.test_blindness import GLANCES
from tests.factories import PASSWORD
from tests.lengths import IS_LONG
from tests.stories import Caller, caller, exact

SECRETS = (739_41, 639_41, 103_38, 3_38)
HERE = "{station}"
REOPEN = post("/cash/open", {"start_amount": 0, "force_close_previous": True})
CLOSE_AT_NOTHING = post("/cash/close", {"final_cash_declared": 0})
OPEN = post("/cash/open", {"start_amount": 50})
END_UNCOUNTED = post("/shifts/end", {"password": PASSWORD})
LATE = post("/payments", payment("late-{name}", 5, session="{session}"))
Setup = Callable[[Drawer], None]

LOOKS = [
    *GLANCES,
    *(get(f"/cash/sessions?status={status}") for status in ("CLOSED", "CLOSED_SYSTEM")),
    get("/cash/sessions?limit=1"),
    get("/registers/{station}/z-reports"),
    *(get(f"/registers/{{station}}/z-reports/{number}") for number in range(1, 5)),
    get("/settlements"),
    *(
        get(f"/{rows}?session={which}")
        for rows in ("payments", "movements", "counts")
        for which in ("{session}", "{last}")
    ),
]


def session_now(drawer: Drawer) -> CashSession:
    return CashSession.objects.get(user=drawer.user, status="OPEN")


def forced_by_manager(drawer: Drawer) -> None:
    by = Principal(user=drawer.cast.erika)
    force_close_session(session=session_now(drawer), by=by, at=timezone.now(), reason="went home")


def forced_by_the_day(drawer: Drawer) -> None:
    force_close_session(session=session_now(drawer), by=SYSTEM, at=timezone.now(), reason="day over")


def handed_over(drawer: Drawer) -> None:
    counted = CountedAmount(currency="EUR", amount=200_00)
    by = Principal(user=drawer.user)
    close_session(session=session_now(drawer), counted=counted, by=by, at=timezone.now(), hands_over=True)


def bound_to_the_register(drawer: Drawer) -> None:
    forced_by_manager(drawer)
    drawer.till = caller(drawer.user, store=drawer.cast.store, register=drawer.place)


def assigned_to_it(drawer: Drawer) -> None:
    handed_over(drawer)
    User.objects.filter(pk=drawer.user.pk).update(register=drawer.place)
    drawer.user.refresh_from_db()


def opened_by_a_program(drawer: Drawer) -> None:
    """The till's program opens the drawer for the cashier. Its count is not the count of another person."""
    forced_by_manager(drawer)
    body = {"start_amount": 40, "user_id": drawer.user.pk, "station": drawer.station}
    assert bound_key(drawer.cast.store).post("/cash/open", body).status_code == 200


def nothing(drawer: Drawer) -> None:
    """The cashier does everything alone."""


AT_THE_SAME = post("/cash/open", {"start_amount": 40, "station": HERE})
CHAINS: dict[str, tuple[Setup, list[Step]]] = {
    "force, open": (nothing, [REOPEN]),
    "force, open, force, open, close": (
        nothing, [REOPEN, post("/cash/open", {"start_amount": 169.12, "force_close_previous": True}), CLOSE_AT_NOTHING],
    ),
    "force four times": (nothing, [REOPEN] * 4),
    "force, open, close, open": (nothing, [REOPEN, CLOSE_AT_NOTHING, OPEN]),
    "force elsewhere, come back": (
        nothing,
        [post("/cash/open", {"start_amount": 5, "station": "{spare}", "force_close_previous": True}),
         post("/cash/open", {"start_amount": 5, "station": HERE, "force_close_previous": True}), CLOSE_AT_NOTHING],
    ),
    "force, end as a shift": (nothing, [REOPEN, post("/shifts/end", {"password": PASSWORD, "actual_cash_end": 0})]),
    "end a shift uncounted": (nothing, [END_UNCOUNTED]),
    "end a shift uncounted, open with a guess, close": (
        nothing, [END_UNCOUNTED, post("/cash/open", {"start_amount": 169.12, "station": HERE}), CLOSE_AT_NOTHING],
    ),
    "end shifts uncounted, twice": (nothing, [END_UNCOUNTED, AT_THE_SAME, END_UNCOUNTED, LATE]),
    "empty it by drops, force, open with a float, close": (
        nothing,
        [cash_out(739_41, "drop"), post("/cash/open", {"start_amount": 50, "force_close_previous": True}),
         post("/cash/close", {"final_cash_declared": 50})],
    ),
    "empty it by paying out, force, open with a float, close": (
        nothing,
        [cash_out(103_38), post("/cash/open", {"start_amount": 50, "force_close_previous": True}),
         post("/cash/close", {"final_cash_declared": 50})],
    ),
    "report late": (nothing, [REOPEN, LATE, CLOSE_AT_NOTHING, LATE]),
    "forced by a manager, open": (forced_by_manager, [AT_THE_SAME, LATE]),
    "forced by a manager, open, close": (forced_by_manager, [AT_THE_SAME, CLOSE_AT_NOTHING]),
    "forced by the day, open, close": (forced_by_the_day, [AT_THE_SAME, CLOSE_AT_NOTHING]),
    "hand over, count in": (handed_over, [AT_THE_SAME]),
    "hand over, count in, close": (handed_over, [AT_THE_SAME, CLOSE_AT_NOTHING]),
    "hand over, count in, force": (handed_over, [AT_THE_SAME, REOPEN, CLOSE_AT_NOTHING]),
    "hand over, count in as the one assigned": (assigned_to_it, [OPEN, CLOSE_AT_NOTHING]),
    "count in with a token of the register": (bound_to_the_register, [OPEN, CLOSE_AT_NOTHING]),
    "counted in by a program": (opened_by_a_program, [CLOSE_AT_NOTHING]),
}  # fmt: skip


def everything(response: HttpResponse) -> list[str]:
    """Returns an answer in parts that are easy to compare, without its register, session and seal."""
    text = all_of(response)
    for pattern, word in (
        (r"registers/(<uuid>/)?\d+/z", "registers/<station>/z"),
        (r'"(session|number)":\d+', r'"\1":<number>'),
        (r'digest":"\w+"', 'digest":"<digest>"'),
    ):
        text = re.sub(pattern, word, text)
    return re.split(r"(?<=[,{}])", text)


def hunted(text: str) -> list[str]:
    """Returns the secrets that a text contains."""
    return [
        notation
        for amount in SECRETS
        for notation in notations(amount)
        if len(notation) > 3 and re.search(rf"(?<!\d){re.escape(notation)}(?!\d)", text)
    ]


@pytest.mark.long
@pytest.mark.parametrize("chain", CHAINS)
def test_no_chain_of_acts_tells_it(drawers: dict[str, Drawer], chain: str) -> None:
    """After each chain the short form sends one half of the reads. Neighbouring chains send different halves."""
    prepare, steps = CHAINS[chain]
    for drawer in drawers.values():
        prepare(drawer)
    looks = LOOKS if IS_LONG else LOOKS[list(CHAINS).index(chain) % 2 :: 2]
    asked = repr((steps, LOOKS))
    for step in (*steps, *looks):
        carla, bruno = (everything(sent(drawer, step)) for drawer in drawers.values())
        assert carla == bruno, step
        assert [found for found in hunted("".join(carla)) if found not in asked] == []
    pages = [
        re.sub(r"(Session</dt><dd>|Register </p>|Register )\d+|\b\d\d:\d\d\b|datetime=\S+", "#", all_of(page))
        for drawer in drawers.values()
        for page in [drawer.browser.get(f"/desk/sessions/{drawer.session.uuid}")]
    ]
    assert pages[0] == pages[1]
    assert hunted(pages[0]) == []


@pytest.mark.parametrize("chain", CHAINS)
def test_once_over_the_amounts_are_zero_and_not_null(drawers: dict[str, Drawer], chain: str) -> None:
    prepare, steps = CHAINS[chain]
    carla = drawers["carla"]
    prepare(carla)
    for step in steps:
        assert sent(carla, step).status_code < 300
    row = row_of(carla.till, carla.session)
    assert (row["final_cash_system"], row["final_cash_declared"], row["difference"]) == (0, 0, 0)
    assert row["is_counted"] is False


@pytest.mark.parametrize("who", ["erika", "bruno"])
@pytest.mark.parametrize("chain", ["force, open", "hand over, count in, close", "counted in by a program"])
def test_somebody_else_who_counts_at_the_next_opening_makes_it_known(
    drawers: dict[str, Drawer], chain: str, who: str
) -> None:
    prepare, steps = CHAINS[chain]
    carla = drawers["carla"]
    prepare(carla)
    for step in steps:
        sent(carla, step)
    if CashSession.objects.filter(user=carla.user, status="OPEN").exists():
        forced_by_manager(carla)
    opened(caller(getattr(carla.cast, who)), 5, station=carla.station, force_close_previous=True)
    assert str(row_of(carla.till, carla.session)["final_cash_system"]) == "739.41"


def test_a_manager_who_counts_afterwards_makes_it_known(drawers: dict[str, Drawer]) -> None:
    carla = drawers["carla"]
    forced_by_the_day(carla)
    by, counted = Principal(user=carla.cast.erika), CountedAmount(currency="EUR", amount=739_41)
    count_afterwards(session=carla.session, counted=counted, by=by, at=timezone.now())
    row = row_of(carla.till, carla.session)
    assert (str(row["final_cash_system"]), row["final_cash_declared"], row["is_counted"]) == ("739.41", 0, False)


def test_a_manager_does_not_count_their_own_drawer_afterwards(drawers: dict[str, Drawer]) -> None:
    """A manager can see the expected amount, and could simply report that amount as the count."""
    carla = drawers["carla"]
    forced_by_the_day(carla)
    User.objects.filter(pk=carla.user.pk).update(role=Role.MANAGER)
    by = Principal(user=User.objects.select_related("store").get(pk=carla.user.pk))
    counted = CountedAmount(currency="EUR", amount=739_41)
    with pytest.raises(Forbidden, match="your drawer"):
        count_afterwards(session=carla.session, counted=counted, by=by, at=timezone.now())


@pytest.mark.parametrize(("start", "of_carla"), [(0, -739_41), (700, -39_41), (800, 60_59)])
def test_what_is_missing_at_ones_own_reopening_is_ones_own(
    drawers: dict[str, Drawer], start: int, of_carla: int
) -> None:
    carla = drawers["carla"]
    sent(carla, post("/cash/open", {"start_amount": start, "force_close_previous": True}))
    gap = Variance.objects.get(kind="OPENING", place=carla.place)
    assert (gap.difference, gap.person, gap.counted_by) == (of_carla, carla.user, carla.user)


def test_what_is_missing_after_handing_over_to_oneself_is_ones_own(drawers: dict[str, Drawer]) -> None:
    carla = drawers["carla"]
    handed_over(carla)
    sent(carla, post("/cash/open", {"start_amount": 150, "station": HERE}))
    gap = Variance.objects.get(kind="OPENING", place=carla.place)
    assert (gap.difference, gap.person) == (-50_00, carla.user)


def test_what_is_missing_between_two_people_is_of_neither(drawers: dict[str, Drawer]) -> None:
    carla, bruno = drawers.values()
    forced_by_the_day(carla)
    opened(bruno.till, 700, station=carla.station, force_close_previous=True)
    gap = Variance.objects.get(kind="OPENING", place=carla.place)
    assert (gap.difference, gap.person, gap.counted_by) == (-39_41, None, bruno.user)


def row_of(by: Caller, session: CashSession) -> dict[str, object]:
    return next(row for row in exact(by.get("/cash/sessions")) if row["id"] == session.pk)
