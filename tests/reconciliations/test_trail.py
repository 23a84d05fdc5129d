"""The audit trail of one thing in words: complete, in order, and without an amount."""

import re
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from cashdesk.models import AuditEntry, CashSession, Variance
from reconciliations.documents.trail import WORDS
from reconciliations.enums import Act
from settlements.models import Deposit, Settlement
from tests.module_world import ModuleWorld
from tests.reconciliations.reported import Week, make_week
from tests.reconciliations.test_report_files import blocks_of
from tests.stories import counted_queries, make_cast

PROJECT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def _week(module_world: ModuleWorld) -> Week:
    return module_world.make(lambda: make_week(make_cast()))


@pytest.fixture
def week(db: None, _week: Week) -> Week:
    """Two days. On the second, nobody counted Carla's drawer."""
    return _week


def client_of(week: Week) -> Client:
    client = Client()
    client.force_login(week.cast.erika)
    return client


def test_the_trail_of_a_drawer_says_who_did_what(week: Week) -> None:
    session = CashSession.objects.filter(user=week.cast.carla).earliest("pk")
    content = client_of(week).get(reverse("trail-file", args=["session", session.uuid, "csv"])).content
    lines = blocks_of(content)["Entries"][1:]
    entries = AuditEntry.objects.filter(subject=f"session:{session.pk}").order_by("pk")
    assert [line[1:3] for line in lines] == [
        ["Carla", "Opened the drawer"],
        ["Carla", "Counted and closed the drawer"],
    ]
    assert len(lines) == entries.count()
    # No amount: neither the float, nor what was counted or expected.
    assert not re.search(rb"\d[.,]\d\d\b", content)


def test_each_thing_has_a_trail_and_a_link_to_it(week: Week) -> None:
    client = client_of(week)
    things = {
        "settlement": Settlement.objects.earliest("pk").uuid,
        "deposit": Deposit.objects.get().uuid,
        "variance": Variance.objects.earliest("pk").uuid,
    }
    for noun, uuid in things.items():
        assert client.get(reverse("trail", args=[noun, uuid])).status_code == 200
    bag = client.get(reverse("vault-deposit", args=[things["deposit"]])).content.decode()
    assert reverse("trail", args=["deposit", things["deposit"]]) in bag
    session = CashSession.objects.filter(user=week.cast.bruno).earliest("pk")
    z = client.get(reverse("z-report", args=[week.cast.store.uuid, 2, 1])).content.decode()
    assert reverse("trail", args=["session", session.uuid]) in z
    day = client.get(reverse("day-trail", args=[week.cast.store.uuid, 1])).content.decode()
    assert "Closed the business day and made its report" in day
    for noun, uuid in (("user", session.uuid), ("deposit", session.uuid)):
        assert client.get(f"/reports/trail/{noun}/{uuid}").status_code == 404


def test_every_action_of_these_things_has_words() -> None:
    code = "".join(
        file.read_text(encoding="utf-8")
        for app in ("cashdesk", "settlements", "reconciliations")
        for file in (PROJECT / app / "domain").rglob("*.py")
    )
    named = set(re.findall(r'"((?:session|settlement|deposit|variance)\.[a-z_]+)"', code))
    named = {one for one in named if not one.endswith((".uuid", ".pk"))} - {"session.audit_counted"}
    # Looks at a drawer that nobody had counted are noted about its session.
    named |= {*(f"variance.{act.lower()}" for act in Act), "expected.seen"}
    assert named <= WORDS.keys()


def test_a_trail_needs_the_same_statements_for_few_and_many_entries(week: Week) -> None:
    client, needed = client_of(week), []
    session = CashSession.objects.filter(user=week.cast.carla).earliest("pk")
    path = reverse("trail", args=["session", session.uuid])
    client.get(path)
    for _round in range(2):
        with counted_queries() as queries:
            client.get(path)
        needed.append(len(queries))
        entry = AuditEntry.objects.filter(subject=f"session:{session.pk}").latest("pk")
        entry.pk = None
        entry.save(force_insert=True)
    assert needed[0] == needed[1]
