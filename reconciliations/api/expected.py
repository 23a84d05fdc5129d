"""Expected cash (docs/contracts.md, section 3)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from cashdesk import money
from cashdesk.domain.visibility import note_seen
from cashdesk.enums import CASH, Role, Scope
from cashdesk.models import Store, User
from cashdesk.web.fields import date_in, to_millis
from cashdesk.web.permissions import Access
from cashdesk.web.revalidation import Polled
from cashdesk.web.views import ApiViewSet
from reconciliations.api.common import operator_of, refuse_loose_key, store_of, uuid_in
from reconciliations.api.expected_answer import DaySerializer, ExpectedAnswer, ExpectedStoreSerializer
from reconciliations.dialect import RECONCILIATION_ERROR, ReconciliationDialect
from reconciliations.domain.business_day_close import current_date, day_of
from reconciliations.domain.expected_cash import CurrencyCash, ExpectedCash, Takings, expected_cash, nested
from reconciliations.domain.orders_of_day import Orders, counted, orders_of_day
from reconciliations.enums import DayState, OrderState

METHOD, OPERATOR, STATION, CHANNEL, SERVICE = range(5)
"""The positions in a key of `CurrencyCash.takings`."""


class ExpectedViewSet(ApiViewSet):
    """Show the expected cash of a store on a business day. Every look is noted in the audit trail (law 5)."""

    dialect = ReconciliationDialect
    queryset = Store.objects.none()
    polled = {"list": Polled(moments=("generatedAt",))}
    access = {"list": Access(role=Role.MANAGER, scope=Scope.CASH_MANAGEMENT_READ)}
    query_parameters = {"list": ("storeId", "businessDayDate", "operatorUid")}

    @extend_schema(
        operation_id="expected_cash",
        parameters=[
            OpenApiParameter("storeId", OpenApiTypes.UUID, required=True),
            OpenApiParameter("businessDayDate", OpenApiTypes.DATE, description="Default: the current business day."),
            OpenApiParameter("operatorUid", str),
        ],
        responses={
            200: ExpectedAnswer,
            400: RECONCILIATION_ERROR,
            401: RECONCILIATION_ERROR,
            403: RECONCILIATION_ERROR,
        },
        tags=["Reconciliations"],
    )
    def list(self, request: Request) -> Response:
        """Shows the expected cash with its parts. A reconciliation at this moment would record the same systemCash."""
        refuse_loose_key(self.by)
        asked, at = request.query_params, self.now
        store = store_of(store_id=uuid_in(asked.get("storeId"), field="storeId"), by=self.by)
        given = asked.get("businessDayDate")
        on = date_in(given, field="businessDayDate") if given is not None else current_date(store=store, at=at)
        uid = asked.get("operatorUid")
        operator = operator_of(uid=uid, store=store, by=self.by) if uid else None
        expected = expected_cash(store=store, business_date=on, operator=operator)
        detail = {"date": on.isoformat(), "operator": operator.pk if operator else None}
        note_seen(subject=f"store:{store.pk}", by=self.by, at=at, store=store, detail=detail)
        day = day_of(store=store, on=on)
        is_closed = day.state == DayState.CLOSED
        orders = orders_of_day(store=store, on=on, operator=operator, is_closed=is_closed)
        people = _people(expected, orders)
        shown = {
            "store": ExpectedStoreSerializer(store).data,
            "businessDay": DaySerializer(day).data,
            "operatorUid": uid or None,
            "generatedAt": to_millis(at),
            "summary": _summary(expected, orders),
            "currencies": [
                _Shown(cash, [one for one in orders if one.currency == cash.currency], people).body()
                for cash in expected.currencies.values()
            ],
        }
        return Response(shown)


def _people(expected: ExpectedCash, orders: Iterable[Orders]) -> Mapping[int, User]:
    ids = {key[OPERATOR] for cash in expected.currencies.values() for key in cash.takings if key[OPERATOR]}
    return User.objects.in_bulk(ids | {one.operator for one in orders if one.operator})


def _summary(expected: ExpectedCash, orders: Sequence[Orders]) -> dict[str, int]:
    whole = Takings()
    for cash in expected.currencies.values():
        for part in cash.takings.values():
            whole.add(part)
    return {
        "totalOrders": counted(orders, *OrderState),
        "completedOrders": counted(orders, OrderState.COMPLETED),
        "openOrders": counted(orders, OrderState.OPEN),
        "cancelledOrders": counted(orders, OrderState.CANCELLED),
        "forceClosedOrders": counted(orders, OrderState.FORCE_CLOSED),
        **_counts(whole),
    }


def _counts(part: Takings) -> dict[str, int]:
    return {
        "transactionCount": part.transactions,
        "approvedCount": part.approved,
        "rejectedCount": part.rejected,
        "pendingCount": part.pending,
    }


class _Shown:
    """Builds the answer for one currency."""

    def __init__(self, cash: CurrencyCash, orders: Sequence[Orders], people: Mapping[int, User]) -> None:
        self.cash = cash
        self.orders = orders
        self.people = people

    def body(self) -> dict[str, Any]:
        """Returns the answer for the currency."""
        cash, units = self.cash, self._units
        return {
            "currency": cash.currency,
            "sales": self._sales(),
            "byPaymentMethod": [self._method(method, part) for (method,), part in cash.grouped(METHOD).items()],
            "byOperator": [
                {**self._operator(pk), **self._group(part, operator=pk)}
                for (pk,), part in cash.grouped(OPERATOR).items()
            ],
            "byOperatorAndPaymentMethod": [
                {
                    **self._operator(pk),
                    "byPaymentMethod": [self._method(method, part) for (method,), part in parts.items()],
                }
                for (pk,), parts in nested(cash.grouped(OPERATOR, METHOD)).items()
            ],
            "byDevice": [
                {"device": number, **self._group(part, station=number)}
                for (number,), part in cash.grouped(STATION).items()
            ],
            "byChannelAndService": self._channels(),
            "cancellations": {
                **self._total(OrderState.CANCELLED),
                "forceClosed": self._total(OrderState.FORCE_CLOSED),
            },
            "parts": {
                "openingFloat": units(cash.opening_float),
                "sales": units(cash.sales),
                "refunds": units(cash.refunds),
                "rounding": units(cash.rounding),
                "paidIn": units(cash.paid_in),
                "paidOut": units(cash.paid_out),
                "drops": units(cash.drops),
                "systemCash": units(cash.system_cash),
            },
        }

    def _units(self, minor: int) -> Any:
        return money.to_units(minor, self.cash.currency)

    def _sales(self) -> dict[str, Any]:
        whole = Takings()
        for part in self.cash.takings.values():
            whole.add(part)
        return {
            "gross": self._units(whole.billed + whole.discount),
            "net": self._units(whole.billed),
            "taxes": self._units(whole.tax),
            "discounts": self._units(whole.discount),
            "orderCount": counted(self.orders, OrderState.COMPLETED),
        }

    def _operator(self, pk: int | None) -> dict[str, Any]:
        person = self.people.get(pk or 0)
        return {
            "operatorUid": person.operator_uid if person else None,
            "operatorName": person.name if person else None,
        }

    def _method(self, method: str, part: Takings) -> dict[str, Any]:
        is_cash = method == CASH
        return {
            "processor": method.lower() if is_cash else method,
            **_counts(part),
            "totalBilled": self._units(part.billed),
            "cashTendered": self._units(part.tendered) if is_cash else None,
            "changeGiven": self._units(part.change) if is_cash else None,
            "expectedCashOnHand": self._units(part.cash_on_hand) if is_cash else None,
        }

    def _group(self, part: Takings, **attributes: Any) -> dict[str, Any]:
        def is_here(one: Orders) -> bool:
            return all(getattr(one, name) == value for name, value in attributes.items())

        return {
            "orderCount": counted(self.orders, OrderState.COMPLETED, where=is_here),
            "total": self._units(part.billed),
            **_counts(part),
            "totalBilled": self._units(part.billed),
            "cashTendered": self._units(part.tendered),
            "changeGiven": self._units(part.change),
            "expectedCashOnHand": self._units(part.cash_on_hand),
        }

    def _channels(self) -> list[dict[str, Any]]:
        services = nested(self.cash.grouped(CHANNEL, SERVICE))
        return [
            {
                "channel": channel,
                **self._group(part, channel=channel),
                "services": [
                    {"service": service, **self._group(inner, channel=channel, service=service)}
                    for (service,), inner in services[(channel,)].items()
                ],
            }
            for (channel,), part in self.cash.grouped(CHANNEL).items()
        ]

    def _total(self, state: OrderState) -> dict[str, Any]:
        found = [one for one in self.orders if one.state == state]
        return {"orderCount": counted(found, state), "total": self._units(sum(one.total for one in found))}
