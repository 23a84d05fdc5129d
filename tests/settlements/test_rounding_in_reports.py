"""Cash rounding has its own line in X, Z and expected cash, and old seals stay valid."""

from typing import Any

from cashdesk.domain.ledger.expected import book_of
from cashdesk.domain.ledger.proof import faults_of_store
from cashdesk.enums import PaymentType
from cashdesk.models import Seal
from reconciliations.domain.expected_cash import expected_cash
from tests.cashdesk.desk import NOON, close_drawer, open_drawer, pay
from tests.reconciliations.desk import reconciled
from tests.stories import Cast, caller, exact


def traded(cast: Cast) -> Any:
    """Carla's drawer with a rounded sale (10.02 paid with 10.00) and a rounded refund (1.98 paid out as 2.00)."""
    session = open_drawer(cast.carla, 100_00, station=1)
    pay(session, 10_02, tendered=10_00, change=0)
    pay(session, 1_98, tendered=2_00, type=PaymentType.REFUND)
    pay(session, 5_00)
    return session


def lines_of(report: dict[str, Any]) -> dict[str, tuple[int, int]]:
    return {line["kind"]: (line["came_in"], line["went_out"]) for line in report["movements"]}


LINES = {"FLOAT": (100_00, 0), "SALE": (15_02, 0), "REFUND": (0, 1_98), "ROUNDING": (-2, 2)}


def test_x_and_z_tell_sales_as_billed_with_the_rounding_beside(cast: Cast) -> None:
    session = traded(cast)
    erika = caller(cast.erika)
    running = exact(erika.get("/registers/1/x-report"))
    assert lines_of(running) == LINES
    assert running["amounts"][0]["expected"] == book_of(session.register).amount(currency="EUR", method="CASH")
    close_drawer(session, 113_00)
    sealed = exact(erika.get("/registers/1/z-reports/1"))
    assert lines_of(sealed) == LINES
    (cash,) = sealed["amounts"]
    assert cash["begun_with"] + cash["came_in"] - cash["went_out"] == cash["expected"] == 113_00
    assert sum(came_in - went_out for came_in, went_out in lines_of(sealed).values()) == 113_00
    assert cash["difference"] == 0
    assert list(faults_of_store(cast.store)) == []


def test_expected_cash_has_rounding_as_a_part_and_a_reconciliation_agrees(cast: Cast) -> None:
    session = traded(cast)
    cash = expected_cash(store=cast.store, business_date=NOON.date()).of("EUR")
    assert (cash.opening_float, cash.sales, cash.refunds, cash.rounding) == (100_00, 15_02, 1_98, -4)
    assert cash.system_cash == 113_00 == book_of(session.register).amount(currency="EUR", method="CASH")
    declared = reconciled(caller(cast.erika), cast.store, 113, businessDayDate="2026-03-10")
    assert declared["discrepancy"] == 0


def test_a_cashiers_own_z_tells_the_same_lines(cast: Cast) -> None:
    session = traded(cast)
    close_drawer(session, 113_00)
    shown = lines_of(exact(caller(cast.carla).get("/registers/1/z-reports/1")))
    assert shown == {kind: LINES[kind] for kind in shown}
    assert {"SALE", "REFUND", "ROUNDING"} <= shown.keys()
    assert Seal.objects.get(place=session.register).balances == []
