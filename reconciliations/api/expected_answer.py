"""Describes the answer of GET /cash-management/expected (docs/contracts.md, section 3)."""

from typing import Any

from rest_framework import serializers

from cashdesk.models import Store
from cashdesk.web.fields import CamelCaseSerializer, MillisInstantField


def _amount(**kwargs: Any) -> serializers.DecimalField:
    """Describes an amount in currency units."""
    return serializers.DecimalField(max_digits=20, decimal_places=4, coerce_to_string=False, **kwargs)


class CountsSerializer(CamelCaseSerializer):
    """The number of payments of a group, by status."""

    transaction_count = serializers.IntegerField()
    approved_count = serializers.IntegerField()
    rejected_count = serializers.IntegerField()
    pending_count = serializers.IntegerField()


class MethodNumbersSerializer(CountsSerializer):
    """Payments of one method, in currency units.

    `cashTendered`, `changeGiven` and `expectedCashOnHand` are null unless the method is cash.
    """

    processor = serializers.CharField(help_text="`cash`, or the code of another method, such as MASTERCARD.")
    total_billed = _amount()
    cash_tendered = _amount(allow_null=True)
    change_given = _amount(allow_null=True)
    expected_cash_on_hand = _amount(allow_null=True)


class NumbersSerializer(CountsSerializer):
    """The orders and payments of a group, in currency units.

    `cashTendered`, `changeGiven` and `expectedCashOnHand` include only cash payments.
    """

    order_count = serializers.IntegerField(help_text="Completed orders.")
    total = _amount(help_text="What was billed: sales minus refunds.")
    total_billed = _amount(help_text="Extension: the same as `total`.")
    cash_tendered = _amount()
    change_given = _amount()
    expected_cash_on_hand = _amount()


class OperatorSerializer(CamelCaseSerializer):
    """The person who sold. Both fields are null if no operator is known."""

    operator_uid = serializers.CharField(allow_null=True)
    operator_name = serializers.CharField(allow_null=True)


class OperatorNumbersSerializer(OperatorSerializer, NumbersSerializer):
    """Orders and payments by operator."""


class OperatorMethodsSerializer(OperatorSerializer):
    """The payments of one operator, grouped by payment method."""

    by_payment_method = MethodNumbersSerializer(many=True)


class DeviceNumbersSerializer(NumbersSerializer):
    """Orders and payments by register. `device` is null if no register is known."""

    device = serializers.IntegerField(allow_null=True)


class ServiceNumbersSerializer(NumbersSerializer):
    """The numbers of orders and payments per service, such as delivery or pick-up."""

    service = serializers.CharField(allow_blank=True)


class ChannelNumbersSerializer(NumbersSerializer):
    """The orders and payments of one sales channel, in total and by service."""

    channel = serializers.CharField(allow_blank=True)
    services = ServiceNumbersSerializer(many=True)


class ExpectedSalesSerializer(CamelCaseSerializer):
    """Approved sales minus approved refunds, over all payment methods."""

    gross = _amount(help_text="Before discounts.")
    net = _amount(help_text="What was billed: gross minus discounts.")
    taxes = _amount(help_text="The taxes in `net`.")
    discounts = _amount()
    order_count = serializers.IntegerField(help_text="Completed orders.")


class OrderTotalsSerializer(CamelCaseSerializer):
    """A number of orders and their total."""

    order_count = serializers.IntegerField()
    total = _amount()


class CancellationsSerializer(OrderTotalsSerializer):
    """Orders whose payments were all rejected or all refunded.

    `forceClosed` has the orders that were still open when the day was closed.
    """

    force_closed = OrderTotalsSerializer()


class ExpectedPartsSerializer(CamelCaseSerializer):
    """The parts of the expected cash. openingFloat + sales - refunds + rounding + paidIn - paidOut - drops = systemCash."""

    opening_float = _amount(help_text="Cash carried over, plus new floats and loans.")
    sales = _amount(help_text="Sales paid in cash, as billed.")
    refunds = _amount()
    rounding = _amount(help_text="The cash that sales and refunds moved, minus the billed amounts.")
    paid_in = _amount()
    paid_out = _amount()
    drops = _amount(help_text="Drops of the operator. 0 without `operatorUid`.")
    system_cash = _amount(help_text="What a reconciliation at this moment gets.")


class CurrencySerializer(CamelCaseSerializer):
    """The sales and the cash of one currency. `parts` is our own extension."""

    currency = serializers.CharField()
    sales = ExpectedSalesSerializer()
    by_payment_method = MethodNumbersSerializer(many=True)
    by_operator = OperatorNumbersSerializer(many=True)
    by_operator_and_payment_method = OperatorMethodsSerializer(many=True)
    by_device = DeviceNumbersSerializer(many=True)
    by_channel_and_service = ChannelNumbersSerializer(many=True)
    cancellations = CancellationsSerializer()
    parts = ExpectedPartsSerializer()


class DaySerializer(CamelCaseSerializer):
    """A business day."""

    date = serializers.DateField()
    state = serializers.CharField()
    opened_at = MillisInstantField(allow_null=True)
    closed_at = MillisInstantField(allow_null=True)


class ExpectedStoreSerializer(CamelCaseSerializer, serializers.Serializer[Store]):
    """The store."""

    store_id = serializers.UUIDField(source="uuid")
    store_code = serializers.CharField(source="number")
    store_name = serializers.CharField(source="name")
    account_id = serializers.UUIDField(source="account.uuid")
    vendor_id = serializers.UUIDField(source="vendor.uuid", default=None, allow_null=True)
    timezone = serializers.CharField(source="time_zone")


class ExpectedSummarySerializer(CountsSerializer):
    """The number of orders by state. The payments of an order decide its state.

    The numbers of payments are our own extension.
    """

    total_orders = serializers.IntegerField()
    completed_orders = serializers.IntegerField()
    open_orders = serializers.IntegerField(help_text="With a payment that is still pending.")
    cancelled_orders = serializers.IntegerField(help_text="All payments were rejected, or refunded.")
    force_closed_orders = serializers.IntegerField(help_text="Still open when the day was closed.")


class ExpectedAnswer(CamelCaseSerializer):
    """The answer of `GET /cash-management/expected`."""

    store = ExpectedStoreSerializer()
    business_day = DaySerializer()
    operator_uid = serializers.CharField(allow_null=True, help_text="Extension: the operator of the request.")
    generated_at = MillisInstantField()
    summary = ExpectedSummarySerializer()
    currencies = CurrencySerializer(many=True)
