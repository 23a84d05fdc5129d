"""The exportable tables of trade: cash sessions, counts with their notes and coins, payments, and bags for the bank."""

from typing import Any, Final

from django.db.models import Exists, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_noop as noop

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.visibility import payments_told, with_shown_result
from cashdesk.models import CashSession, CountAmount, CountPieces, Payment, Store
from reconciliations.exports.table import STORE, Column, Form, Table, with_people
from settlements.models import CreditCorrection, Deposit


def _sessions(store: Store, by: Principal) -> "QuerySet[Any]":
    rows: QuerySet[Any] = with_shown_result(CashSession.objects.filter(store=store, store__in=by.stores()), by=by)
    return with_people(rows, "user", "opened_by", "closed_by")


def _counts(store: Store, by: Principal) -> "QuerySet[Any]":
    return _with_counters(
        CountAmount.objects.filter(count__place__store=store, count__place__store__in=by.stores()), "count"
    )


def _pieces(store: Store, by: Principal) -> "QuerySet[Any]":
    rows = CountPieces.objects.filter(
        count_amount__count__place__store=store, count_amount__count__place__store__in=by.stores()
    )
    return _with_counters(rows.annotate(worth=F("denomination") * F("pieces")), "count_amount__count")


def _with_counters(rows: "QuerySet[Any]", count: str) -> "QuerySet[Any]":
    """Adds the business date of the period that was counted, and the people. `count` is the path of the count."""
    settlement = f"{count}__settlement_count__settlement"
    people = {
        "counted_by": f"{count}__counted_by",
        "witness": f"{count}__witness",
        "cashier": f"{count}__session__user",
    }
    dated = rows.annotate(business_date=Coalesce(f"{count}__session__business_date", f"{settlement}__business_date"))
    return with_people(dated, **people)


def _payments(store: Store, by: Principal) -> "QuerySet[Any]":
    return with_people(payments_told(by=by).filter(store=store), "operator", "reported_by")


def _deposits(store: Store, by: Principal) -> "QuerySet[Any]":
    last = CreditCorrection.objects.filter(deposit=OuterRef("pk")).order_by("-number")
    rows = Deposit.objects.filter(store=store, store__in=by.stores()).annotate(
        credited_last=Coalesce(Subquery(last.values("corrected_to")[:1]), "credited_amount"),
        difference_last=Coalesce(Subquery(last.values("difference")[:1]), "difference"),
        is_corrected=Exists(last),
    )
    return with_people(rows, "prepared_by", "collected_by", "credited_by")


SESSIONS: Final = Table(
    name="sessions",
    title=noop("Cash sessions"),
    model=CashSession,
    rows=_sessions,
    columns=(
        Column.of("session_id", "pk", Form.WHOLE),
        Column.of("shift_id", "uuid"),
        *STORE,
        Column.of("business_date", form=Form.DATE),
        Column.of("station", "register__number", Form.WHOLE),
        Column.of("cashier_code", "user_code"),
        Column.of("cashier_name", "user_name"),
        Column.of("status"),
        Column.of("awaits_count", form=Form.FLAG),
        Column.of("is_handed_over", form=Form.FLAG),
        Column.of("is_cancelled", form=Form.FLAG),
        Column.of("currency"),
        Column.of("start_amount", form=Form.AMOUNT),
        Column.of("opening_difference", form=Form.AMOUNT),
        Column.of("expected_amount", form=Form.AMOUNT),
        Column.of("declared_amount", form=Form.AMOUNT),
        Column.of("difference", form=Form.AMOUNT),
        Column.of("z_number", "seal__number", Form.WHOLE),
        Column.of("opened_at", form=Form.INSTANT),
        Column.of("opened_by_code"),
        Column.of("opened_by_name"),
        Column.of("closed_at", form=Form.INSTANT),
        Column.of("closed_by_code"),
        Column.of("closed_by_name"),
    ),
)


def _of_count(path: str) -> tuple[Column, ...]:
    """Returns the columns that tell of a count, from a row that has the count at `path`."""
    return (
        Column.of("count_id", f"{path}__pk", Form.WHOLE),
        Column.of("store_number", f"{path}__place__store__number"),
        Column.of("store_id", f"{path}__place__store__uuid"),
        Column.of("business_date", form=Form.DATE),
        Column.of("place", f"{path}__place__kind"),
        Column.of("station", f"{path}__place__number", Form.WHOLE),
        Column.of("moment", f"{path}__moment"),
        Column.of("attempt", f"{path}__attempt", Form.WHOLE),
        Column.of("counted_at", f"{path}__counted_at", Form.INSTANT),
        Column.of("counted_by_code"),
        Column.of("counted_by_name"),
        Column.of("witness_code"),
        Column.of("witness_name"),
        Column.of("session_id", f"{path}__session_id", Form.WHOLE),
        Column.of("cashier_code"),
        Column.of("cashier_name"),
        Column.of("settlement_id", f"{path}__settlement_count__settlement__uuid"),
    )


COUNTS: Final = Table(
    name="counts",
    title=noop("Counts"),
    model=CountAmount,
    rows=_counts,
    found_by="count__counted_at",
    store_path="count__place__store",
    columns=(
        *_of_count("count"),
        Column.of("currency"),
        Column.of("method"),
        Column.of("amount", form=Form.AMOUNT),
    ),
)

COUNT_PIECES: Final = Table(
    name="count_pieces",
    title=noop("Notes and coins of counts"),
    model=CountPieces,
    rows=_pieces,
    found_by="count_amount__count__counted_at",
    store_path="count_amount__count__place__store",
    columns=(
        *_of_count("count_amount__count"),
        Column.of("currency", "count_amount__currency"),
        Column.of("method", "count_amount__method"),
        Column.of("denomination", form=Form.AMOUNT),
        Column.of("pieces", form=Form.WHOLE),
        Column.of("amount", "worth", Form.AMOUNT),
    ),
)

PAYMENTS: Final = Table(
    name="payments",
    title=noop("Payments"),
    model=Payment,
    rows=_payments,
    columns=(
        Column.of("payment_id", "external_id"),
        Column.of("payment_number", "pk", Form.WHOLE),
        *STORE,
        Column.of("business_date", form=Form.DATE),
        Column.of("paid_at", form=Form.INSTANT),
        Column.of("reported_at", form=Form.INSTANT),
        Column.of("decided_at", form=Form.INSTANT),
        Column.of("order"),
        Column.of("type"),
        Column.of("status"),
        Column.of("booked"),
        Column.of("method"),
        Column.of("currency"),
        Column.of("amount", form=Form.AMOUNT),
        Column.of("tendered", form=Form.AMOUNT),
        Column.of("change", form=Form.AMOUNT),
        Column.of("tax", form=Form.AMOUNT),
        Column.of("discount", form=Form.AMOUNT),
        Column.of("channel"),
        Column.of("service"),
        Column.of("station", "register__number", Form.WHOLE),
        Column.of("session_id", form=Form.WHOLE),
        Column.of("operator_code"),
        Column.of("operator_name"),
        Column.of("reported_by_code"),
        Column.of("reported_by_name"),
        Column.of("reported_with_key", "reported_with__prefix"),
    ),
)

DEPOSITS: Final = Table(
    name="deposits",
    title=noop("Deposits"),
    model=Deposit,
    rows=_deposits,
    found_by="prepared_at",
    columns=(
        Column.of("deposit_id", "uuid"),
        *STORE,
        Column.of("business_date", "movement__business_date", Form.DATE),
        Column.of("state"),
        Column.of("bag_number"),
        Column.of("slip_number"),
        Column.of("currency", "movement__currency"),
        Column.of("amount", "movement__amount", Form.AMOUNT),
        Column.of("credited_amount", "credited_last", Form.AMOUNT),
        Column.of("difference", "difference_last", Form.AMOUNT),
        Column.of("is_corrected", form=Form.FLAG),
        Column.of("prepared_at", form=Form.INSTANT),
        Column.of("prepared_by_code"),
        Column.of("prepared_by_name"),
        Column.of("collected_at", form=Form.INSTANT),
        Column.of("collected_by_code"),
        Column.of("collected_by_name"),
        Column.of("courier"),
        Column.of("credited_at", form=Form.INSTANT),
        Column.of("credited_by_code"),
        Column.of("credited_by_name"),
        Column.of("movement_id", "movement__uuid"),
        Column.of("note", "movement__note"),
    ),
)
