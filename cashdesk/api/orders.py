"""Orders, and their payment by hand (docs/contracts.md, section 2)."""

from typing import Any, Final

from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from cashdesk import queries
from cashdesk.api.order_answers import ManualPaymentSerializer, MethodReferenceField, OrderSerializer, how_paid
from cashdesk.api.shifts import in_cash_units, whole_units
from cashdesk.domain.caller.principal import Principal, find_person
from cashdesk.domain.payment.charge import end_waiting_charges
from cashdesk.domain.payment.order import cancel_order, create_order, find_order, order_for, payable_charges
from cashdesk.domain.payment.order_payment import manual_report, pay_order
from cashdesk.domain.payment.recording import record_payment
from cashdesk.domain.session.current import open_session_of
from cashdesk.domain.store.store_reference import store_for
from cashdesk.domain.store.workplace import store_to_open_in
from cashdesk.enums import OrderAct, OrderStatus, OrderType, Scope
from cashdesk.errors import Forbidden, InvalidInput
from cashdesk.models import CashSession, Order
from cashdesk.web.dialects import EnvelopeDialect
from cashdesk.web.fields import ReferenceField, StrictSerializer, TextField, WholeNumberField
from cashdesk.web.idempotency import key_of
from cashdesk.web.midtrans import midtrans
from cashdesk.web.openapi import ENVELOPE_ERROR, IDEMPOTENCY_KEY
from cashdesk.web.permissions import Access
from cashdesk.web.revalidation import POLLED
from cashdesk.web.views import ApiViewSet

ORDER_LENGTH_MAX: Final = 128
VERSION_MAX: Final = 2**31 - 1


class OrderRequest(StrictSerializer):
    """The body of `POST /orders`. An order has no items, because Cashdesk keeps no menu."""

    number = ReferenceField(
        max_length=64, default="", allow_blank=True, help_text="The name of the order. Made from its id if absent."
    )
    type = serializers.ChoiceField(choices=OrderType.choices)
    net_total = WholeNumberField(min_value=1, help_text="The amount to pay, in the currency's smallest cash unit.")
    store = ReferenceField(
        max_length=36, default="", allow_blank=True, help_text="Number or UUID of the store. Default: your own store."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Reads the amount in the currency of the store."""
        by = self.context["by"]
        if not attrs["number"].isprintable():
            raise InvalidInput.of("number", "Use printable characters.")
        if attrs["store"] or by.user is None:
            store = store_for(reference=attrs["store"], by=by)
        else:
            session = open_session_of(by.user)
            store = session.store if session is not None else store_to_open_in(user=by.user, by=by)
        return {
            "store": store,
            "number": attrs["number"],
            "order_type": OrderType(attrs["type"]),
            "net_total": in_cash_units(attrs["net_total"], store.currency, "net_total"),
        }


class CancelOrderRequest(StrictSerializer):
    """The body of `POST /orders/{id}/cancel`. The reason and the notes are kept in the audit trail."""

    version = serializers.IntegerField(min_value=1, max_value=VERSION_MAX, required=False, allow_null=True)
    cancellation_reason_id = serializers.IntegerField(min_value=1, max_value=VERSION_MAX, required=False)
    cancellation_notes = TextField(max_length=255, required=False, allow_blank=True, default="")


class ManualPaymentRequest(StrictSerializer):
    """The body of `POST /orders/{id}/pay/manual`.

    The payment has the amount of the order. For an order that Cashdesk does not keep, `amount` is required and
    `version` has no effect.
    """

    payment_method_id = MethodReferenceField(max_length=36, help_text="`id` or `uuid` of GET /payment-methods.")
    amount = WholeNumberField(min_value=1, required=False)
    cash_received = WholeNumberField(min_value=0, required=False, allow_null=True)
    version = serializers.IntegerField(
        min_value=-VERSION_MAX,
        max_value=VERSION_MAX,
        required=False,
        allow_null=True,
        help_text="The version that you read.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Reads the amounts in the currency of the open shift."""
        session: CashSession = self.context["session"]
        order: Order | None = self.context["order"]
        currency = session.currency
        method = queries.payment_method(reference=attrs["payment_method_id"], store=session.store)
        if method is None:
            raise InvalidInput.of("payment_method_id", "Use an id from GET /payment-methods.")
        amount = order.net_total if order is not None else None
        if "amount" in attrs:
            sent = in_cash_units(attrs["amount"], currency, "amount")
            if amount is not None and sent != amount:
                raise InvalidInput.of("amount", "This is not the total of the order. Leave it out.")
            amount = sent
        if amount is None:
            raise InvalidInput.of("amount", "This order is not kept here. Send the amount that was paid.")
        received = amount
        if method.is_cash and attrs.get("cash_received") is not None:
            received = in_cash_units(attrs["cash_received"], currency, "cash_received")
        if received < amount:
            raise InvalidInput.of("cash_received", "The cash received is less than the amount.")
        return {
            "method": method,
            "amount": amount,
            "received": received,
            "version": attrs.get("version"),
            "named": self.initial_data["payment_method_id"],
        }


def session_for_payments(by: Principal) -> CashSession:
    """Returns the caller's open shift. Raises Forbidden if the caller has no open shift."""
    session = open_session_of(find_person(user_id=None, by=by))
    if session is None:
        raise Forbidden("No shift is open. Start one before you take payments.", code="no_open_shift")
    return session


def _answer(name: str, serializer: Any) -> Any:
    return inline_serializer(name, {"message": serializers.CharField(), "data": serializer})


ORDER_ANSWER: Final = _answer("OrderAnswer", OrderSerializer())


class OrderViewSet(ApiViewSet):
    """Keeps orders until they are paid or cancelled, and takes their payments."""

    dialect = EnvelopeDialect
    access = {
        "create": Access(scope=Scope.PAYMENTS_WRITE),
        "retrieve": Access(scope=Scope.PAYMENTS_READ),
        "cancel": Access(scope=Scope.PAYMENTS_WRITE),
        "pay_manual": Access(),
    }
    calls_out = ("cancel", "pay_manual")
    polled = {"retrieve": POLLED}

    def prepare(self, request: Request) -> None:
        """Cancels a charge at the payment gateway that the customer could still pay, so that nobody pays twice.

        Checks the request first: a request that will be refused must not end the charge.
        """
        order = find_order(reference=self.kwargs["order"], by=self.by)
        if order is None or not payable_charges(order, at=self.now).exists():
            return
        session = None
        if self.action == "cancel":
            asked = self.validated(CancelOrderRequest)
        else:
            session = session_for_payments(self.by)
            asked = self.validated(ManualPaymentRequest, session=session, order=order)
        end_waiting_charges(
            order=order,
            act=OrderAct.CANCEL if self.action == "cancel" else OrderAct.PAY,
            version=asked.get("version"),
            session=session,
            gateway=midtrans(),
            at=self.now,
        )

    @extend_schema(
        operation_id="order_create",
        parameters=[IDEMPOTENCY_KEY],
        request=OrderRequest,
        responses={
            201: ORDER_ANSWER,
            400: ENVELOPE_ERROR,
            401: ENVELOPE_ERROR,
            403: ENVELOPE_ERROR,
            409: ENVELOPE_ERROR,
        },
        tags=["Shifts"],
    )
    def create(self, request: Request) -> Response:
        """Creates an order that waits for its payment."""
        order = create_order(**self.validated(OrderRequest), by=self.by, at=self.now)
        return self._shown("Order created successfully", order, status=201)

    @extend_schema(
        operation_id="order",
        responses={200: ORDER_ANSWER, 401: ENVELOPE_ERROR, 403: ENVELOPE_ERROR, 404: ENVELOPE_ERROR},
        tags=["Shifts"],
    )
    def retrieve(self, request: Request, order: str) -> Response:
        """Shows an order and its state."""
        return self._shown("Order retrieved successfully", order_for(reference=order, by=self.by))

    @extend_schema(
        operation_id="order_cancel",
        parameters=[IDEMPOTENCY_KEY],
        request=CancelOrderRequest,
        responses={
            200: ORDER_ANSWER,
            400: ENVELOPE_ERROR,
            401: ENVELOPE_ERROR,
            403: ENVELOPE_ERROR,
            404: ENVELOPE_ERROR,
            409: ENVELOPE_ERROR,
        },
        tags=["Shifts"],
    )
    def cancel(self, request: Request, order: str) -> Response:
        """Cancels an open order."""
        found = order_for(reference=order, by=self.by)
        asked = self.validated(CancelOrderRequest)
        cancelled = cancel_order(
            order=found,
            version=asked.get("version"),
            reason_id=asked.get("cancellation_reason_id"),
            notes=asked["cancellation_notes"],
            by=self.by,
            at=self.now,
        )
        return self._shown("Order cancelled successfully", cancelled)

    @extend_schema(
        operation_id="order_pay_manual",
        parameters=[IDEMPOTENCY_KEY],
        request=ManualPaymentRequest,
        responses={
            200: _answer("ManualPaymentAnswer", ManualPaymentSerializer()),
            400: ENVELOPE_ERROR,
            401: ENVELOPE_ERROR,
            403: ENVELOPE_ERROR,
            409: ENVELOPE_ERROR,
        },
        tags=["Shifts"],
    )
    def pay_manual(self, request: Request, order: str) -> Response:
        """Books the payment of an order into the caller's open shift and returns the change due.

        For an order that Cashdesk does not keep, the body has `amount` and the header `Idempotency-Key` is required.
        """
        if len(order) > ORDER_LENGTH_MAX or not order.isprintable():
            raise InvalidInput.of("order", f"Use at most {ORDER_LENGTH_MAX} printable characters.")
        kept = find_order(reference=order, by=self.by)
        if kept is None and not key_of(request):
            raise InvalidInput.of("Idempotency-Key", "This header is required. Give every payment its own key.")
        session = session_for_payments(self.by)
        asked = self.validated(ManualPaymentRequest, session=session, order=kept)
        shown = self._pay_kept(kept, session, asked) if kept else self._pay_other(order, session, asked)
        return Response(EnvelopeDialect.body("Payment processed successfully", shown))

    def _pay_kept(self, order: Order, session: CashSession, asked: dict[str, Any]) -> dict[str, Any]:
        """Pays an order that Cashdesk keeps, and returns the order with its payment."""
        paid = pay_order(
            order=order,
            session=session,
            method=asked["method"],
            received=asked["received"],
            version=asked["version"],
            by=self.by,
            at=self.now,
        )
        return {
            **OrderSerializer(paid, context={"by": self.by}).data,
            "order_id": str(paid.uuid),
            "payment_id": paid.payment.external_id if paid.payment else None,
            "amount": whole_units(paid.net_total, paid.currency),
        }

    def _pay_other(self, order: str, session: CashSession, asked: dict[str, Any]) -> dict[str, Any]:
        """Books the payment of an order that another system keeps."""
        report = manual_report(
            order=order,
            session=session,
            method=asked["method"],
            amount=asked["amount"],
            received=asked["received"],
        )
        payment = record_payment(report=report, by=self.by, at=self.now).payment
        return {
            "id": report.id,
            "order_id": order,
            "amount": whole_units(asked["amount"], session.currency),
            "status": OrderStatus.PAID.label.lower(),
            **(how_paid(payment) if payment else {}),
            "payment_method_id": asked["named"],
        }

    def _shown(self, message: str, order: Order, *, status: int = 200) -> Response:
        shown = OrderSerializer(order, context={"by": self.by}).data
        return Response(EnvelopeDialect.body(message, shown), status=status)
