"""The table of movement kinds: every row is complete and consistent, and no other code decides by kind."""

import ast
import re
from dataclasses import fields, replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from django.utils import timezone

from cashdesk.domain.ledger import cash_movement
from cashdesk.domain.ledger.reversal import REVERSIBLE_KINDS
from cashdesk.domain.ledger.undo import BY_HAND
from cashdesk.domain.people.access_token import issue_token
from cashdesk.domain.session.cancel_opening import BOOKED_BY_AN_OPENING
from cashdesk.enums import MovementKind, PlaceKind, Role
from cashdesk.models import Movement
from cashdesk.movement_rule_columns import FormWords, KindRule, Origin, Reversal
from cashdesk.movement_rules import RULES, complete, kinds_where, name_at_desk, name_at_vault
from cashdesk.screens.moving import PAGES as DESK_PAGES
from settlements.api.movements import MOVED_BY_HAND
from settlements.domain.z_lines import BOOKED_BY_A_CLOSE
from settlements.screens.vault_money import PAGES as VAULT_PAGES
from tests.cashdesk.desk import open_drawer
from tests.screens.desk import Browser
from tests.stories import Cast

PROJECT = Path(__file__).resolve().parent.parent.parent
K = MovementKind
every_kind = pytest.mark.parametrize("kind", MovementKind)


def test_every_kind_has_a_row_in_the_order_of_the_kinds() -> None:
    assert list(RULES) == list(MovementKind)


def test_a_kind_without_a_row_fails_at_once() -> None:
    rows = {kind: RULES[kind] for kind in MovementKind if kind != K.DROP}
    with pytest.raises(ImproperlyConfigured, match="no row for DROP"):
        complete(rows)


@pytest.mark.parametrize("question", [field.name for field in fields(KindRule)])
def test_a_row_without_an_answer_fails_at_once(question: str) -> None:
    answers = {field.name: getattr(RULES[K.DROP], field.name) for field in fields(KindRule)}
    del answers[question]
    with pytest.raises(TypeError, match=question):
        KindRule(**answers)


@every_kind
def test_a_kind_goes_from_one_place_to_another(kind: MovementKind) -> None:
    rule = RULES[kind]
    assert rule.ends
    assert all(source != destination for source, destination in rule.ends)
    # One of its ends is the far one, always on the same side. A difference goes both ways.
    assert all((rule.far_end == source) != (rule.far_end == destination) for source, destination in rule.ends)
    sides = {source == rule.far_end for source, _destination in rule.ends}
    assert len(sides) == (2 if kind in (K.OVER_SHORT, K.CLEARING) else 1)
    is_of_store = rule.near_ends <= {PlaceKind.REGISTER, PlaceKind.VAULT}
    assert is_of_store or kind in (K.OVER_SHORT, K.PAYOUT, K.FEE)


def test_every_place_is_an_end_of_some_kind() -> None:
    assert {end for rule in RULES.values() for pair in rule.ends for end in pair} == set(PlaceKind)


@every_kind
def test_who_may_record_it_is_said_of_what_people_record(kind: MovementKind) -> None:
    rule = RULES[kind]
    assert rule.origins
    assert (rule.least_role is not None) == rule.is_by_hand
    # What only the vault has is a manager's.
    assert rule.least_role == Role.MANAGER or not (rule.is_by_hand and rule.is_of_vault)
    # What a transition books is reversed by no request, and what somebody asks for can be taken back.
    # A fee goes back with its payout.
    is_asked_for = bool({Origin.HAND, Origin.PAYMENT, Origin.PAYOUT} & rule.origins) and kind != K.FEE
    assert (rule.reversal != Reversal.NOBODY) == is_asked_for


@every_kind
def test_a_store_day_counts_what_changes_its_drawers(kind: MovementKind) -> None:
    rule = RULES[kind]
    if rule.day is not None:
        assert PlaceKind.REGISTER in rule.near_ends
        assert rule.day.sign == (1 if rule.comes_in else -1)
        assert rule.day.stays_in_store == (rule.far_end == PlaceKind.VAULT and not rule.comes_in)
    if rule.moves_float:
        assert rule.far_end == PlaceKind.VAULT
        assert rule.is_of_register
        assert rule.moves_float == (1 if rule.comes_in else -1)


@every_kind
def test_a_kind_has_words_wherever_it_is_shown(kind: MovementKind) -> None:
    rule = RULES[kind]
    assert bool(rule.at_vault) == any(PlaceKind.VAULT in pair for pair in rule.ends)
    assert bool(rule.at_desk) == (rule.reversal == Reversal.OWN)
    assert (rule.register_form is not None) == (kind in DESK_PAGES)
    assert (rule.vault_form is not None) == (kind in VAULT_PAGES)
    # A bag for the bank has pages of its own; everything else that people record has a form in the table.
    assert rule.is_by_hand == bool(rule.register_form or rule.vault_form or kind == K.DEPOSIT)
    for form in (rule.register_form, rule.vault_form):
        assert form is None or all(getattr(form, field.name) for field in fields(FormWords))
    assert name_at_desk(kind)
    assert name_at_vault(kind)


@every_kind
def test_a_kind_that_a_form_asks_for_has_words_for_the_second_look(kind: MovementKind) -> None:
    rule = RULES[kind]
    asks = bool(rule.register_form or rule.vault_form) or kind in (K.FLOAT, K.DEPOSIT, K.OPENING_BALANCE)
    assert (rule.look is not None) == asks
    if rule.look is not None:
        assert bool(rule.look.register) == (PlaceKind.REGISTER in rule.near_ends)
        assert bool(rule.look.vault) == (PlaceKind.VAULT in rule.near_ends)
        assert "3" in rule.look.told(station=3, is_vault=False) or not rule.look.register
    assert asks or not rule.has_usual_amount


def test_the_sets_that_code_asks_for_are_those_that_were_decided() -> None:
    assert set(BY_HAND) == {K.PAID_IN, K.PAID_OUT, K.DROP, K.LOAN}
    assert set(REVERSIBLE_KINDS) == {*BY_HAND, K.SALE, K.REFUND, K.DEPOSIT, K.WITHDRAWAL, K.PAYOUT}
    assert set(BOOKED_BY_AN_OPENING) == {K.FLOAT, K.OVER_SHORT}
    assert set(BOOKED_BY_A_CLOSE) == {K.OVER_SHORT, K.RETURN, K.CLEARING}
    assert MOVED_BY_HAND == [K.DROP, K.LOAN, K.DEPOSIT, K.WITHDRAWAL, K.PAID_IN, K.PAID_OUT]
    assert set(kinds_where(lambda rule: rule.cash_only)) == {K.FLOAT, K.DROP, K.LOAN, K.RETURN, K.DEPOSIT, K.WITHDRAWAL}
    assert set(kinds_where(lambda rule: rule.never_cash)) == {K.CLEARING, K.PAYOUT, K.FEE}
    effects = {kind: (rule.day.sign, rule.day.part.value) for kind, rule in RULES.items() if rule.day is not None}
    assert effects == {
        K.FLOAT: (1, "opening_float"),
        K.SALE: (1, "sales"),
        K.REFUND: (-1, "refunds"),
        K.PAID_IN: (1, "paid_in"),
        K.PAID_OUT: (-1, "paid_out"),
        K.DROP: (-1, "drops"),
        K.LOAN: (1, "opening_float"),
    }


def test_the_index_of_floats_has_the_kinds_that_move_floats() -> None:
    (index,) = (index for index in Movement._meta.indexes if index.name == "movement_of_vault_and_drawers")
    assert index.condition is not None
    assert index.condition.children == [("kind__in", (K.FLOAT, K.LOAN, K.RETURN))]


# --- Nobody else decides ------------------------------------------------------------------------------------------------

TEMPLATES = [path for path in sorted((PROJECT / "templates").rglob("*.html")) if "admin" not in path.parts]


def test_no_template_chooses_by_a_kind_of_movement() -> None:
    kinds = "|".join(MovementKind.values)
    chooses = re.compile(rf"""{{%[^%]*\bkind\b[^%]*["']({kinds})["']""")
    assert [path.name for path in TEMPLATES if chooses.search(path.read_text())] == []


ABOUT_ONE_KIND = {
    "cashdesk/domain/counting/second_look.py": {"FLOAT"},  # a usual float of the store is the measure
    "cashdesk/domain/ledger/cash_limits.py": {"DROP"},  # how long ago a drawer was emptied
    "reconciliations/domain/operator_custody.py": {
        "FLOAT"
    },  # the float of a settlement is recorded before the settlement
    "reconciliations/domain/expected_cash.py": {"FLOAT"},  # what the cashier counted stands for the float
    "settlements/domain/proof.py": {"CLEARING", "FEE", "OVER_SHORT", "PAYOUT", "RETURN"},
    "settlements/domain/reversal_by_manager.py": {"DEPOSIT", "PAYOUT"},  # a bag is cancelled, a fee goes back too
    "settlements/domain/store_movement.py": {"DEPOSIT"},  # it packs a bag
    "settlements/domain/z_lines.py": {"CLEARING", "RETURN"},
    "settlements/domain/visibility.py": {"FLOAT"},
    "settlements/domain/z_report.py": {"OVER_SHORT", "RETURN"},
    "settlements/screens/vault_money.py": {"WITHDRAWAL"},  # change can be ordered beforehand
    "cashdesk/domain/ledger/proof.py": {"FLOAT", "OVER_SHORT", "RETURN"},
    "cashdesk/queries.py": {"RETURN"},
    "reconciliations/documents/store_day.py": {"OVER_SHORT"},
    "reconciliations/domain/store_day_contents.py": {"OVER_SHORT"},
    "reconciliations/domain/pattern_closes.py": {"PAID_OUT", "REFUND", "SALE"},
    "reconciliations/domain/repayment.py": {"PAID_IN"},  # the movement that pays a shortage back
    "reconciliations/domain/store_day_sums.py": {"FLOAT"},  # a session without one was taken over
}
"""The files that compare a movement's kind, and with which: each is about that kind alone."""


def compared_kinds(path: Path) -> set[str]:
    """Returns the kinds that a file compares, with an operator or in a condition of the ORM."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        asked: list[ast.expr] = []
        if isinstance(node, ast.Compare):
            asked = [node.left, *node.comparators]
        elif isinstance(node, ast.Call):
            called = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            if called in ("Q", "When", "filter", "exclude", "get"):
                asked = [keyword.value for keyword in node.keywords if "kind" in (keyword.arg or "")]
        found |= {
            inner.attr
            for one in asked
            for inner in ast.walk(one)
            if isinstance(inner, ast.Attribute)
            and isinstance(inner.value, ast.Name)
            and inner.value.id == "MovementKind"
        }
    return found & {*MovementKind.__members__}


def test_only_code_about_one_kind_compares_kinds() -> None:
    found = {}
    for app in ("cashdesk", "settlements", "reconciliations"):
        for path in sorted((PROJECT / app).rglob("*.py")):
            if "migrations" not in path.parts and (kinds := compared_kinds(path)):
                found[path.relative_to(PROJECT).as_posix()] = kinds
    assert found == ABOUT_ONE_KIND


@pytest.fixture
def drop_is_for_managers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cash_movement, "RULES", {**RULES, K.DROP: replace(RULES[K.DROP], least_role=Role.MANAGER)})


def test_the_table_alone_says_whose_role_suffices_at_every_door(cast: Cast, drop_is_for_managers: None) -> None:
    session = open_drawer(cast.carla, 100_00)
    carla = Browser(cast.carla)
    assert "Safe drop" not in carla.get("/desk").content.decode()
    assert carla.client.post("/desk/drop", {"session": session.uuid, "amount": "5,00"}).status_code == 403
    token = issue_token(user=cast.carla, at=timezone.now(), lifetime=timedelta(hours=1))[1]
    for path, sent in (
        ("/api/v1/shifts/cash-transaction", {"type": "cash_out", "amount": 500, "category": "drop"}),
        ("/api/v1/movements", {"kind": "DROP", "amount": 500}),
    ):
        answer = Client().post(
            path, sent, content_type="application/json", headers={"Authorization": f"Bearer {token}"}
        )
        assert (path, answer.status_code) == (path, 403)
    assert not Movement.objects.filter(kind=K.DROP).exists()
    assert carla.get("/desk/pay-out").status_code == 200
