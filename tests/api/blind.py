"""Two cashiers with the same float and different sales, and a search for their expected amounts in all answers."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.http import HttpResponse
from django.test import Client

from cashdesk.domain.ledger.expected import moved
from cashdesk.enums import CASH, PlaceKind
from cashdesk.models import CashSession, PaymentMethod, Place, User
from cashdesk.pair import Pair
from tests.stories import Caller, Cast

FLOAT = 100
SALES = {"carla": 639_41, "bruno": 3_38}  # so 739.41 and 103.38 should be there

VARYING = [
    (r"Page-Owner: [0-9a-f]{32}", "<sign-in>"),
    (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "<uuid>"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "<time>"),
    (r'"(id|user_id|session)":\d+', r'"\1":<id>'),
    (r'"(operator|id)":"\d+"', r'"\1":"<id>"'),
    (r'"station":\d+', '"station":<station>'),
    (r"[Cc]ash session \d+", "cash session <id>"),
    (r"[Rr]egister \d+", "register <station>"),
    (r"(?i)carla|bruno", "<name>"),
    (r'data-initial="."', "<initial>"),
    (r'(name="draft" value="|draft=)[^"]+"', "<draft>"),
    (r'name="once" value="[^"]+"', "<once>"),
    (r'name="csrfmiddlewaretoken" value="\w+"', "<csrf>"),
    (r"cursor=[\w-]+", "cursor=<cursor>"),
    (r"user_id=\d+", "user_id=<id>"),
    (r"cash/sessions/\d+", "cash/sessions/<id>"),
    (r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT", "<date>"),
    # A keyed digest of the same answer. tests/web/test_revalidation.py proves that it changes with nothing that is hidden.
    (r'W/"[0-9a-f]{32}"', "<etag>"),
    (r"(11\.111\.111|22\.222\.222)-.", "<tax id>"),
]


@dataclass(kw_only=True)
class Drawer:
    """A cashier at an open drawer, with its figures from the ledger."""

    cast: Cast
    user: User
    station: int
    spare: int
    till: Caller
    browser: Client = field(default_factory=Client)

    @property
    def expected(self) -> int:
        """The expected amount of the drawer, in minor units."""
        return moved(place=self.place, after=0).get(Pair(self.cast.store.currency, CASH), 0)

    @cached_property
    def place(self) -> Place:
        return self.cast.place(PlaceKind.REGISTER, self.station)

    @cached_property
    def session(self) -> CashSession:
        """The first session of the cashier."""
        return CashSession.objects.filter(user=self.user).earliest("pk")

    @cached_property
    def own(self) -> dict[str, str]:
        """The values of the names in a step, for this drawer."""
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
    """Yields the notations of an amount: 73941, 739.41, 739,41, 7.3941e2 and others."""
    digits = str(abs(minor)).rjust(3, "0")
    yield digits
    yield f"{digits[:-2]}.{digits[-2:]}"
    yield f"{digits[:-2]},{digits[-2:]}"
    yield f"{digits[0]}.{digits[1:]}e"
    yield f"{abs(minor):x}" if abs(minor) > 0xFFFF else digits


def all_of(response: HttpResponse) -> str:
    """Returns status, headers and body as one text, without ids and times."""
    body = b"".join(response.streaming_content) if response.streaming else response.content  # type: ignore[attr-defined]
    headers = "\n".join(
        f"{name}: {value}" for name, value in sorted(response.headers.items()) if name != "Content-Length"
    )
    cookies = sorted(response.cookies)
    return without_what_varies(f"{response.status_code}\n{headers}\n{cookies}\n{body.decode()}")


@dataclass(frozen=True, kw_only=True)
class Step:
    """One request, for both drawers. {session}, {last}, {uuid}, {user} and {spare} are replaced by the drawer's own values."""

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


def sent(drawer: Drawer, step: Step) -> HttpResponse:
    """Sends a step for one drawer."""
    last = CashSession.objects.filter(user=drawer.user).latest("pk")
    known = drawer.own | {"{last}": str(last.pk)}
    key = {"idempotency_key": step.key} if step.key else {}
    return drawer.till.send(step.method, _filled(step.path, known), _filled(step.body, known), **key)


def told(drawer: Drawer, step: Step) -> str:
    """Sends a step for one drawer. Asserts that the answer does not reveal the expected amount. Returns it without
    variable parts.
    """
    before = drawer.expected
    answer = all_of(sent(drawer, step))
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
    """Sends each step for both cashiers, asserts that their answers are equal, and returns them."""
    answers = []
    for step in steps:
        carla, bruno = (told(drawer, step) for drawer in drawers.values())
        assert carla == bruno, step
        answers.append(carla)
    return answers


def codes(answers: list[str]) -> list[int]:
    return [int(answer[:3]) for answer in answers]
