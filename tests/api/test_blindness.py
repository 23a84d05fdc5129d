"""Law 5: nobody learns what is expected in a drawer before it is counted.

Carla and Bruno do the same things at two drawers that hold the same float and different sales. Whatever road they take,
each gets the same answer as the other, to the letter and in length, but for ids and times; and in no answer, nor in a
header, stands what their drawer should hold, in whatever notation.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from cashdesk.domain.access import issue_token
from cashdesk.domain.expected import moved
from cashdesk.enums import CASH, PlaceKind
from cashdesk.models import AuditEntry, CashSession, PaymentMethod, Place, User
from tests.api.steps import bound_key, closed, opened, paid, payment
from tests.factories import PASSWORD
from tests.stories import Caller, Cast, caller, exact, make_cast
from tests.web.test_permissions import ROUTES

FLOAT = 100
SALES = {"carla": 639_41, "bruno": 3_38}  # so 739.41 and 103.38 should be there

VARYING = [
    (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "<uuid>"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "<time>"),
    (r'"(id|user_id|session)":\d+', r'"\1":<id>'),
    (r'"(operator|id)":"\d+"', r'"\1":"<id>"'),
    (r'"station":\d+', '"station":<station>'),
    (r"[Cc]ash session \d+", "cash session <id>"),
    (r"register \d+", "register <station>"),
    (r"(?i)carla|bruno", "<name>"),
    (r'name="csrfmiddlewaretoken" value="\w+"', "<csrf>"),
    (r"cursor=[\w-]+", "cursor=<cursor>"),
    (r"user_id=\d+", "user_id=<id>"),
    (r"cash/sessions/\d+", "cash/sessions/<id>"),
    (r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT", "<date>"),
    (r"(11\.111\.111|22\.222\.222)-.", "<tax id>"),
]


@dataclass(kw_only=True)
class Drawer:
    """A cashier at an open drawer, and what the ledger says of it."""

    cast: Cast
    user: User
    station: int
    spare: int
    till: Caller
    browser: Client = field(default_factory=Client)

    @property
    def expected(self) -> int:
        """What lies in the drawer that is being asked about, minor units."""
        return moved(place=self.place, after=0).get((self.cast.store.currency, CASH), 0)

    @cached_property
    def place(self) -> Place:
        return self.cast.place(PlaceKind.REGISTER, self.station)

    @cached_property
    def session(self) -> CashSession:
        """The first session, which everything is about."""
        return CashSession.objects.filter(user=self.user).earliest("pk")

    @cached_property
    def own(self) -> dict[str, str]:
        """What the names in a step stand for at this drawer."""
        return {
            "{session}": str(self.session.pk),
            "{uuid}": str(self.session.uuid),
            "{user}": str(self.user.pk),
            "{station}": str(self.station),
            "{spare}": str(self.spare),
            "{name}": self.user.username,
            "{cash}": str(PaymentMethod.objects.get(account=self.user.account, code="CASH").uuid),
        }


def without_what_varies(text: str) -> str:
    for pattern, name in VARYING:
        text = re.sub(pattern, name, text)
    return text


def notations(minor: int) -> Iterator[str]:
    """Yields how an amount could be written: 73941, 739.41, 739,41, 7.3941e2 ..."""
    digits = str(abs(minor)).rjust(3, "0")
    yield digits
    yield f"{digits[:-2]}.{digits[-2:]}"
    yield f"{digits[:-2]},{digits[-2:]}"
    yield f"{digits[0]}.{digits[1:]}e"
    yield f"{abs(minor):x}" if abs(minor) > 0xFFFF else digits


def all_of(response: HttpResponse) -> str:
    """Returns status, headers and body in one text without ids and times."""
    body = b"".join(response.streaming_content) if response.streaming else response.content  # type: ignore[attr-defined]
    headers = "\n".join(
        f"{name}: {value}" for name, value in sorted(response.headers.items()) if name != "Content-Length"
    )
    cookies = sorted(response.cookies)
    return without_what_varies(f"{response.status_code}\n{headers}\n{cookies}\n{body.decode()}")


@pytest.fixture
def drawers(db: None) -> dict[str, Drawer]:
    """Two open drawers with the same float; the sales came in from the tills, so neither cashier typed an amount."""
    cast = make_cast(registers=4)
    User.objects.filter(pk=cast.bruno.pk).update(rut="22.222.222-2")
    made = {}
    for station, name in enumerate(SALES, start=1):
        user = User.objects.select_related("store", "account").get(username=name)
        drawer = Drawer(cast=cast, user=user, station=station, spare=station + 2, till=caller(user))
        opened(drawer.till, FLOAT, station=station)
        drawer.browser.force_login(user)
        made[name] = drawer
    till = bound_key(cast.store)
    for station, (name, amount) in enumerate(SALES.items(), start=1):
        paid(till, f"{name}-1", amount - 200, station=station, operator=str(made[name].user.pk))
        paid(till, f"{name}-2", 200, station=station, method="EFECTIVO")
        paid(till, f"{name}-3", 5_000, station=station, method="CARD")
        assert made[name].expected == 100 * FLOAT + amount
    return made


@dataclass(frozen=True, kw_only=True)
class Step:
    """One request, for both drawers. {session}, {uuid}, {user} and {spare} stand for their own."""

    method: str
    path: str
    body: Any = None
    key: str = ""


def get(path: str) -> Step:
    return Step(method="GET", path=path)


def post(path: str, body: Any = None, key: str = "") -> Step:
    return Step(method="POST", path=path, body=body, key=key)


def cash_out(amount: int, category: str = "expense") -> Step:
    return post("/shifts/cash-transaction", {"type": "cash_out", "amount": amount, "category": category})


AMOUNT_WORDS = (
    "final_cash_system", "expected", "expected_amount", "expected_amount__gt", "expected_cash_end", "difference", "difference__lt", "difference__gte",
    "book", "target", "system", "declared_amount", "start_amount", "start_amount__gt", "movements__amount", "payments__amount", "opening_difference",
    "ordering", "order_by", "sort", "fields", "include", "expand", "search", "q", "format", "group_by", "aggregate", "seal", "seal__balances", "page", "size",
)  # fmt: skip

GLANCES = [get(f"/{path}") for method, path in ROUTES if method == "GET" and path not in ("schema", "docs")]
LOOKS = [
    *GLANCES,
    *(Step(method="HEAD", path=step.path) for step in GLANCES),
    *(get(f"/cash/sessions?{word}=1") for word in AMOUNT_WORDS),
    *(get(f"/cash/status?{word}=1") for word in AMOUNT_WORDS),
    *(get(f"/shifts/active?{word}=1") for word in AMOUNT_WORDS),
    *(get(f"/cash/sessions?status={status}") for status in ("OPEN", "CLOSED", "CLOSED_SYSTEM", "BROKEN")),
    *(get(f"/cash/sessions?limit={limit}") for limit in (1, 2, 1000)),
    get("/cash/sessions?user_id={user}"),
    get("/cash/status?user_id={user}"),
    get("/cash/sessions?station={station}"),
    get("/cash/sessions?store=1337"),
    get("/cash/sessions?from=2020-01-01&to=2999-01-01"),
    get("/cash/sessions/{session}"),
    get("/cash/sessions/{uuid}"),
    get("/shifts/{uuid}"),
    get("/movements"),
    get("/payments"),
    get("/payments/{name}-1"),
    get("/reports/shift-summary?start_date=2020-01-01&end_date=2020-01-31"),
    get("/reports/shift-summary?start_date=2020-01-01&end_date=2020-01-31&export=csv"),
]  # fmt: skip

REFUSALS = [
    post("/cash/open", {"start_amount": 1}),
    post("/cash/open", {"start_amount": 1, "station": 4}),
    post("/cash/open", {"start_amount": "739,41"}),
    post("/cash/open", {"start_amount": 1, "station": 99, "force_close_previous": True}),
    post("/cash/open", {"start_amount": -1, "force_close_previous": True}),
    post("/cash/close", {}),
    post("/cash/close", {"final_cash_declared": -1}),
    post("/cash/close", {"final_cash_declared": "about 700"}),
    post("/cash/close", {"final_cash_declared": 5, "count": [{"denomination": 10, "pieces": 1}]}),
    post("/cash/close", {"final_cash_declared": 5, "preview": True}),
    post("/cash/close", {"final_cash_declared": 5, "dry_run": True}),
    post("/cash/close?dry_run=1", {"final_cash_declared": 5}),
    post("/cash/close", {"count": [{"denomination": 3, "pieces": 1}]}),
    post("/shifts/start", {"start_cash": 1, "password": PASSWORD}),
    post("/shifts/start", {"start_cash": 1, "password": "wrong"}),
    post("/shifts/end", {"password": PASSWORD}),
    post("/shifts/end", {"password": PASSWORD, "actual_cash_end": -1}),
    post("/shifts/end", {"password": "wrong", "actual_cash_end": 5}),
    post("/movements/{uuid}/reverse", {"reason": "x"}),
    post("/payments", payment("{name}-1", 1)),
    post("/payments", payment("x", session="{session}", station=99)),
    Step(method="PATCH", path="/payments/{name}-1", body={"status": "REJECTED"}),
    Step(method="OPTIONS", path="/cash/close"),
]

DEEDS = [
    post("/payments", payment("{name}-4", 111)),
    post("/payments", payment("{name}-4", 111)),
    post("/payments", payment("{name}-4", 112)),
    post("/payments", payment("{name}-5", 90_000_000, type="REFUND")),
    post("/payments", payment("{name}-6", 90_000_000)),
    post("/payments", payment("{name}-7", 777, status="PENDING")),
    Step(method="PATCH", path="/payments/{name}-7", body={"status": "APPROVED"}),
    post("/payments/batch", [payment("{name}-8", 17), payment("{name}-8", 17), payment("{name}-9", "x")], key="batch"),
    post("/payments/batch", [payment("{name}-8", 17), payment("{name}-8", 17), payment("{name}-9", "x")], key="batch"),
    post("/orders/7/pay/manual", {"payment_method_id": "{cash}", "amount": 50, "cash_received": 100}, key="order"),
    post("/orders/7/pay/manual", {"payment_method_id": "{cash}", "amount": 50, "cash_received": 100}, key="order"),
    cash_out(1),
    cash_out(10_400),  # more than is in Bruno's drawer, less than is in Carla's
    cash_out(80_000, "drop"),  # more than is in either
    cash_out(10**14),
    cash_out(10**14, "drop"),
    post("/shifts/cash-transaction", {"type": "cash_in", "amount": 10**14, "category": "opening"}),
    post("/shifts/cash-transaction", {"type": "cash_in", "amount": 7, "category": "other"}, key="in"),
    post("/shifts/cash-transaction", {"type": "cash_in", "amount": 7, "category": "other"}, key="in"),
]


def told(drawer: Drawer, step: Step) -> str:
    """Sends a step for one drawer, looks whether its answer gives the drawer away, and returns it without what varies."""
    known = drawer.own
    before = drawer.expected
    sent = drawer.till.send(
        step.method,
        _filled(step.path, known),
        _filled(step.body, known),
        **({"idempotency_key": step.key} if step.key else {}),
    )
    answer = all_of(sent)
    asked = repr(step)
    for amount in {before, drawer.expected, before - 100 * FLOAT, SALES[drawer.user.username]}:
        for notation in notations(amount):
            if len(notation) > 2 and notation not in asked:
                assert not re.search(rf"(?<!\d){re.escape(notation)}(?!\d)", answer), (
                    f"{step} tells {notation}: {answer}"
                )
    return answer


def _filled(value: Any, known: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: _filled(inner, known) for name, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, known) for inner in value]
    if isinstance(value, str):
        for name, text in known.items():
            value = value.replace(name, text)
        return int(value) if value in (known["{session}"], known["{spare}"]) and value.isdecimal() else value
    return value


def walk(drawers: dict[str, Drawer], steps: list[Step]) -> list[str]:
    """Lets both cashiers take each step, compares what they were told, and returns it."""
    answers = []
    for step in steps:
        carla, bruno = (told(drawer, step) for drawer in drawers.values())
        assert carla == bruno, step
        answers.append(carla)
    return answers


def codes(answers: list[str]) -> list[int]:
    return [int(answer[:3]) for answer in answers]


def test_the_hunt_would_find_it(drawers: dict[str, Drawer]) -> None:
    """The check itself, on answers that do tell: those of the count at the end."""
    carla = drawers["carla"]
    assert [text in "73941 739.41" for text in notations(carla.expected)][:2] == [True, True]
    with pytest.raises(AssertionError, match="tells 739.41"):
        told(carla, post("/cash/close", {"final_cash_declared": 5}))
    with pytest.raises(AssertionError):
        assert all_of(carla.till.get("/cash/sessions")) == all_of(drawers["bruno"].till.get("/cash/sessions"))


def test_looking_tells_nothing(drawers: dict[str, Drawer]) -> None:
    answers = codes(walk(drawers, LOOKS))
    assert 200 in answers
    assert max(answers) < 500


def test_a_refusal_tells_nothing(drawers: dict[str, Drawer]) -> None:
    answers = codes(walk(drawers, REFUSALS))
    assert set(answers) <= {200, 400, 401, 403, 404, 405, 409}
    assert CashSession.objects.filter(status="OPEN").count() == 2


def test_what_a_cashier_does_tells_nothing(drawers: dict[str, Drawer]) -> None:
    answers = codes(walk(drawers, DEEDS))
    assert answers == [201, 200, 409, 201, 201, 201, 200, 200, 200, 200, 200, 201, 201, 201, 201, 201, 201, 201, 201]
    walk(drawers, GLANCES)


def test_taking_out_cent_by_cent_never_meets_the_bottom(drawers: dict[str, Drawer]) -> None:
    """A drawer that refused to give more than it holds would be searched by halves."""
    for amount in (2**exponent for exponent in range(20, 0, -1)):
        assert codes(walk(drawers, [cash_out(amount)])) == [201]


@pytest.mark.parametrize("path", ["/", "/admin/", "/admin/cashdesk/cashsession/", "/admin/cashdesk/movement/", "/admin/cashdesk/auditentry/", "/admin/cashdesk/count/",
                                  "/admin/cashdesk/cashsession/{session}/change/", "/admin/cashdesk/seal/", "/admin/cashdesk/place/", "/admin/jsi18n/",
                                  "/api/v1/docs", "/api/v1/schema", "/readyz", "/livez"])  # fmt: skip
def test_the_pages_tell_nothing(drawers: dict[str, Drawer], path: str) -> None:
    pages = []
    for drawer in drawers.values():
        page = drawer.browser.get(path.replace("{session}", str(drawer.session.pk)))
        text = re.sub(r"/\d+/change|%2F\d+%2Fchange", "/#/change", all_of(page))
        for notation in ("739.41", "739,41", "73941", "639.41", "63941", "103.38", "103,38", "10338"):
            assert notation not in text
        assert page.status_code < 500
        pages.append(text)
    assert pages[0] == pages[1]


# --- the count by force, which nobody counted -------------------------------------------------------------------------------------


FORCED_AWAY = post("/cash/open", {"start_amount": 50, "station": "{spare}", "force_close_previous": True})


def result_of(by: Caller, session: CashSession) -> tuple[Any, Any, Any, str]:
    row = next(row for row in exact(by.get("/cash/sessions")) if row["id"] == session.pk)
    return row["final_cash_system"], row["final_cash_declared"], row["difference"], row["status"]


def test_left_behind_uncounted_it_stays_unknown_to_the_cashier(drawers: dict[str, Drawer]) -> None:
    """Closed by force, and another drawer opened: the first one still waits for somebody to count it."""
    assert codes(walk(drawers, [FORCED_AWAY])) == [200]
    for drawer in drawers.values():
        assert result_of(drawer.till, drawer.session) == (None, None, None, "CLOSED_SYSTEM")
    walk(
        drawers,
        [*GLANCES, get("/cash/sessions?status=CLOSED_SYSTEM"), get("/cash/sessions?expected_amount__gt=1"), *REFUSALS],
    )
    walk(
        drawers,
        [
            post("/payments", payment("late-{name}", 5, session="{session}")),
            post("/shifts/end", {"password": PASSWORD, "actual_cash_end": 5000}),
        ],
    )
    for drawer in drawers.values():
        assert result_of(drawer.till, drawer.session) == (None, None, None, "CLOSED_SYSTEM")
    walk(drawers, GLANCES)


def test_the_answer_to_coming_back_tells_nothing_and_the_count_is_what_it_says(drawers: dict[str, Drawer]) -> None:
    walk(drawers, [FORCED_AWAY])
    for drawer in drawers.values():
        back = drawer.till.post(
            "/cash/open",
            {"start_amount": 60, "station": drawer.station, "force_close_previous": True},
            idempotency_key="back",
        )
        again = drawer.till.post(
            "/cash/open",
            {"start_amount": 60, "station": drawer.station, "force_close_previous": True},
            idempotency_key="back",
        )
        assert back.content == again.content
        assert b"739" not in re.sub(rb'"start_time":"[^"]*"', b"", back.content)
        assert result_of(drawer.till, drawer.session)[1:] == (
            0,
            -result_of(drawer.till, drawer.session)[0],
            "CLOSED_SYSTEM",
        )
    assert (
        result_of(drawers["carla"].till, drawers["carla"].session)[0]
        == exact(caller(drawers["carla"].user).get("/cash/sessions"))[-1]["final_cash_system"]
    )


def test_a_colleague_who_counts_it_makes_it_known(drawers: dict[str, Drawer]) -> None:
    carla = drawers["carla"]
    told(carla, FORCED_AWAY)
    opened(caller(carla.cast.erika), 5, station=carla.station)
    assert str(result_of(carla.till, carla.session)[0]) == "739.41"


def test_a_colleague_sees_neither_the_session_nor_what_it_left(drawers: dict[str, Drawer]) -> None:
    carla, bruno = drawers.values()
    told(carla, FORCED_AWAY)
    sessions = {row["user_id"] for row in exact(bruno.till.get("/cash/sessions"))}
    assert sessions == {bruno.user.pk}
    answer = bruno.till.post("/cash/open", {"start_amount": 7, "station": carla.station, "force_close_previous": True})
    assert answer.status_code == 200
    assert not [notation for notation in notations(73941) if notation in without_what_varies(answer.content.decode())]


def test_forced_by_a_manager_it_stays_unknown_to_the_cashier_too(drawers: dict[str, Drawer]) -> None:
    carla = drawers["carla"]
    erika = caller(carla.cast.erika)
    assert (
        erika.post(
            "/cash/open",
            {"start_amount": 1, "user_id": carla.user.pk, "station": carla.spare, "force_close_previous": True},
        ).status_code
        == 200
    )
    assert result_of(carla.till, carla.session) == (None, None, None, "CLOSED_SYSTEM")
    told(carla, get("/cash/sessions"))


def test_at_a_station_of_the_token_it_stays_unknown(drawers: dict[str, Drawer]) -> None:
    carla = drawers["carla"]
    register = carla.cast.place(PlaceKind.REGISTER, carla.spare)
    _token, secret = issue_token(
        user=carla.user, at=timezone.now(), lifetime=timedelta(hours=1), store=carla.cast.store, register=register
    )
    carla.till = Caller(secret)
    told(carla, post("/cash/open", {"start_amount": 50, "force_close_previous": True}))
    status = exact(carla.till.get("/cash/status"))
    if CashSession.objects.get(pk=status["id"]).register.number == carla.spare:
        assert result_of(carla.till, carla.session) == (None, None, None, "CLOSED_SYSTEM")


# --- who may look, and that it is noted ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["erika", "anna", "key"])
def test_while_it_is_open_not_even_a_manager_reads_it_there(drawers: dict[str, Drawer], who: str) -> None:
    cast = drawers["carla"].cast
    by = bound_key(cast.store) if who == "key" else caller(getattr(cast, who))
    today = drawers["carla"].session.business_date
    for path in (
        "/cash/sessions",
        f"/reports/shift-summary?start_date={today}&end_date={today}",
        f"/cash/status?user_id={cast.carla.pk}",
    ):
        answer = all_of(by.get(path))
        assert answer.startswith("200")
        for notation in ("739.41", "73941", "103.38", "10338"):
            assert notation not in answer


@pytest.mark.parametrize("who", ["erika", "anna", "key"])
def test_a_look_at_a_drawer_that_still_waits_to_be_counted_is_noted(drawers: dict[str, Drawer], who: str) -> None:
    carla = drawers["carla"]
    told(carla, FORCED_AWAY)
    by = bound_key(carla.cast.store) if who == "key" else caller(getattr(carla.cast, who))
    today = carla.session.business_date
    for path, told_ in (
        ("/cash/sessions", "739.41"),
        (f"/reports/shift-summary?start_date={today}&end_date={today}", "73941"),
    ):
        before = set(AuditEntry.objects.values_list("pk", flat=True))
        assert told_ in by.get(path).content.decode()
        (entry,) = AuditEntry.objects.exclude(pk__in=before)
        assert str(carla.session.pk) in entry.subject + str(entry.detail)
        assert "739" not in str(entry.detail)


def test_a_managers_own_drawer_is_as_blind_as_any(drawers: dict[str, Drawer]) -> None:
    cast = drawers["carla"].cast
    erika = caller(cast.erika)
    opened(erika, 1, station=3)
    paid(bound_key(cast.store), "e", 7_00, station=3)
    row = next(row for row in exact(erika.get("/cash/sessions")) if row["user_id"] == cast.erika.pk)
    assert row["final_cash_system"] is None


def test_once_counted_the_cashier_reads_the_result(drawers: dict[str, Drawer]) -> None:
    carla = drawers["carla"]
    assert str(closed(carla.till, 739)["difference"]) == "-0.41"
    assert str(result_of(carla.till, carla.session)[0]) == "739.41"
