"""The decision about the place of a payment, with unsaved objects: it needs no database."""

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.payment.references import References
from cashdesk.domain.payment.register_of_payment import Target, target_of
from cashdesk.enums import PlaceKind, Role, SessionStatus, Settling
from cashdesk.errors import Forbidden, InvalidInput
from cashdesk.models import Account, CashSession, Place, Store, User
from tests.cashdesk.desk import report_of

ACCOUNT = Account(pk=1)
STORE = Store(pk=1, account=ACCOUNT, number="100")
REGISTER = Place(pk=10, store=STORE, kind=PlaceKind.REGISTER, number=1)
CARLA = User(pk=7, account=ACCOUNT, store=STORE, role=Role.CASHIER)


def session(status: SessionStatus) -> CashSession:
    """Returns Carla's session at register 1."""
    return CashSession(pk=3, store=STORE, register=REGISTER, user=CARLA, status=status)


def test_a_report_that_names_nothing_belongs_to_the_open_session_of_its_sender() -> None:
    running = session(SessionStatus.OPEN)
    found = References(bound=None, open_by_user={CARLA.pk: running}, open_by_register={REGISTER.pk: running})
    target = target_of(report_of(100), by=Principal(user=CARLA), found=found)
    assert isinstance(target, Target)
    assert (target.session, target.register, target.operator, target.is_on_time) == (running, REGISTER, CARLA, True)


def test_without_an_open_session_it_is_late_for_the_last_one() -> None:
    last = session(SessionStatus.CLOSED)
    found = References(bound=None, last_by_user={CARLA.pk: last}, last_by_register={REGISTER.pk: last})
    target = target_of(report_of(100), by=Principal(user=CARLA), found=found)
    assert isinstance(target, Target)
    assert (target.session, target.is_on_time) == (last, False)


def test_a_cashier_reports_for_no_register_of_another() -> None:
    found = References(bound=None, registers={(STORE.pk, 1): REGISTER}, of_another={REGISTER.pk})
    assert isinstance(target_of(report_of(100, station=1), by=Principal(user=CARLA), found=found), Forbidden)


def test_a_register_under_settlement_gets_the_money_without_a_session() -> None:
    held = Place(pk=11, store=STORE, kind=PlaceKind.REGISTER, number=2, settling=Settling.OPEN, settling_by=CARLA)
    found = References(bound=None, settled_by_user={CARLA.pk: held})
    target = target_of(report_of(100), by=Principal(user=CARLA), found=found)
    assert isinstance(target, Target)
    assert (target.register, target.session, target.is_on_time) == (held, None, True)


def test_an_unknown_store_is_named_in_the_refusal() -> None:
    refusal = target_of(report_of(100, store="999"), by=Principal(user=CARLA), found=References(bound=None))
    assert isinstance(refusal, InvalidInput)
    assert list(refusal.errors) == ["store"]
