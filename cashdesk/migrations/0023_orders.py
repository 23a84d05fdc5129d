"""Adds orders, and the method QRIS_STATIC to accounts that have QRIS: clients of the shifts API know it as number 3."""

import uuid
from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def add_static_qris(apps: Any, schema_editor: Any) -> None:
    methods = apps.get_model("cashdesk", "PaymentMethod").objects
    known = methods.filter(code="QRIS_STATIC").values("account")
    for qris in methods.filter(code="QRIS").exclude(account__in=known):
        methods.create(account=qris.account, code="QRIS_STATIC", name="QRIS (static code)", is_active=qris.is_active)


class Migration(migrations.Migration):
    dependencies = [
        ("cashdesk", "0022_lists_newest_first"),
    ]

    operations = [
        migrations.CreateModel(
            name="Order",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("number", models.CharField(help_text="What people call the order.", max_length=64)),
                ("type", models.CharField(choices=[("dine_in", "Dine in"), ("takeaway", "Takeaway")], max_length=16)),
                (
                    "status",
                    models.CharField(
                        choices=[("OPEN", "Open"), ("PAID", "Paid"), ("CANCELLED", "Cancelled")],
                        default="OPEN",
                        max_length=9,
                    ),
                ),
                ("currency", models.CharField(max_length=3)),
                ("net_total", models.BigIntegerField(help_text="The amount to pay, in minor units.")),
                ("version", models.PositiveIntegerField(default=1)),
                ("created_at", models.DateTimeField()),
                ("updated_at", models.DateTimeField()),
                (
                    "created_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "created_with",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="cashdesk.accesstoken",
                    ),
                ),
                (
                    "payment",
                    models.OneToOneField(
                        help_text="The payment that paid it.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="paid_order",
                        to="cashdesk.payment",
                    ),
                ),
                (
                    "store",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="orders",
                        to="cashdesk.store",
                    ),
                ),
            ],
            options={
                "ordering": ("-pk",),
                "indexes": [
                    models.Index(fields=["store", "-id"], name="order_of_store"),
                    models.Index(fields=["number"], name="order_by_number"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["OPEN", "PAID", "CANCELLED"])), name="order_status_is_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("type__in", ["dine_in", "takeaway"])), name="order_type_is_known"
                    ),
                    models.CheckConstraint(condition=models.Q(("net_total__gt", 0)), name="order_total_positive"),
                    models.CheckConstraint(condition=models.Q(("version__gte", 1)), name="order_version_positive"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("payment__isnull", False), ("status", "PAID")),
                            models.Q(models.Q(("status", "PAID"), _negated=True), ("payment__isnull", True)),
                            _connector="OR",
                        ),
                        name="order_is_paid_by_a_payment",
                    ),
                ],
            },
        ),
        migrations.RunPython(add_static_qris, migrations.RunPython.noop),
    ]
