"""The variance workbench: the list, the evidence of a short drawer, and what a person decides about it."""

from datetime import timedelta
from typing import Final

from django.utils import timezone

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.counting.count import CountedAmount, Pieces
from cashdesk.domain.ledger.cash_movement import move_money
from cashdesk.domain.payment.recording import record_payment
from cashdesk.domain.session.closing import close_session
from cashdesk.domain.session.opening import open_session
from cashdesk.domain.session.session_note import add_note
from cashdesk.enums import MovementKind, PaymentStatus, PaymentType
from cashdesk.models import CashSession, Place, User, Variance
from settlements.domain.no_sale import note_no_sale
from tests.cashdesk.desk import report_of
from tests.screenshots.album import A4, Album
from tests.screenshots.walks.world import BERLIN, store

PAGES: Final = frozenset({"variance-list", "variance-page", "repay"})


def walk(album: Album) -> None:
    """Erika finds a shortage, reads its evidence and signs it off. Anna looks at all stores."""
    with album.story("workbench"):
        short = Variance.objects.get(session=_short_drawer())
        album.enter("erika")
        album.visit("variance-list")
        album.take("list")
        album.visit("variance-list", query="?kind=DEPOSIT")
        album.take("nothing matches")
        album.visit("variance-page", short.uuid)
        album.take("a shortage", prints=True, paper=A4)
        album.send("EXPLAIN", status=400)
        album.take("refused")
        album.page.locator("#reason").select_option("WRONG_CHANGE_GIVEN")
        album.send("EXPLAIN")
        album.take("explained")
        album.visit("variance-list", query="?show=all")
        album.take("all")
        album.visit("repay", short.uuid)
        album.take("repayment")
    with album.story("account"):
        album.enter("admin")
        album.visit("variance-list", query="?store=all&show=all")
        album.take("every store")


def _short_drawer() -> CashSession:
    """Carla's drawer of this morning, 39.90 short: with a refund and a card sale of that amount, and two counts."""
    berlin, carla = store(BERLIN), User.objects.get(username="carla")
    register = Place.objects.get(store=berlin, kind="REGISTER", number=1)
    by, at = Principal(user=carla), timezone.now() - timedelta(hours=5)
    session = open_session(user=carla, counted=_counted(200_00), by=by, at=at, station=1)
    total = 200_00
    for number, (amount, method, kind) in enumerate(
        (
            (186_40, "CASH", PaymentType.SALE), (39_90, "CASH", PaymentType.REFUND), (39_90, "CARD", PaymentType.SALE),
            (79_80, "CASH", PaymentType.SALE), (19_95, "CASH", PaymentType.SALE),
        )
    ):  # fmt: skip
        report = report_of(
            amount, method=method, type=kind, station=1, status=PaymentStatus.APPROVED, id=f"receipt-{20417 + number}",
            currency="EUR",
        )  # fmt: skip
        record_payment(report=report, by=by, at=at + timedelta(minutes=20 * (number + 1)))
        if method == "CASH":
            total += amount if kind == PaymentType.SALE else -amount
    note_no_sale(store=berlin, station=1, by=by, at=at + timedelta(minutes=90), reason="change", session=session)
    move_money(
        here=register, store=berlin, kind=MovementKind.DROP, amount=150_00, currency="EUR", by=by,
        at=at + timedelta(hours=2), reason="",
    )  # fmt: skip
    closed = close_session(session=session, counted=_counted(total - 150_00 - 39_90), by=by, at=at + timedelta(hours=4))
    add_note(session=closed, text="I think I paid a refund twice.", by=by, at=at + timedelta(hours=4, minutes=2))
    return closed


def _counted(amount: int) -> CountedAmount:
    """Returns a count of an amount by notes and coins."""
    left, pieces = amount, []
    for worth in (50_00, 20_00, 10_00, 5_00, 2_00, 1_00, 50, 20, 10, 5, 2, 1):
        if left >= worth:
            pieces.append(Pieces(denomination=worth, pieces=left // worth))
            left %= worth
    return CountedAmount(currency="EUR", amount=amount, pieces=tuple(pieces))
