"""Adds closed business days, and the business date of every payment."""

import datetime
from datetime import timedelta
from zoneinfo import ZoneInfo

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def date_payments(apps, schema_editor):
    """Sets the business date of each payment as its movement has it: by `paid_at`, or `reported_at` if the till's clock
    was ahead.
    """
    payment_model = apps.get_model("cashdesk", "Payment")
    for store in apps.get_model("cashdesk", "Store").objects.all():
        batch = []
        for payment in payment_model.objects.filter(store=store).only("paid_at", "reported_at").iterator():
            paid_at = min(payment.paid_at, payment.reported_at)
            local = paid_at.astimezone(ZoneInfo(store.time_zone))
            payment.business_date = local.date() - timedelta(days=local.hour < store.cut_off_hour)
            batch.append(payment)
            if len(batch) == 1000:
                payment_model.objects.bulk_update(batch, ["business_date"])
                batch.clear()
        payment_model.objects.bulk_update(batch, ["business_date"])


class Migration(migrations.Migration):
    dependencies = [
        ("cashdesk", "0003_settled_places"),
    ]

    operations = [
        migrations.CreateModel(
            name="BusinessDay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("date", models.DateField()),
                ("closed_at", models.DateTimeField()),
                (
                    "last_movement",
                    models.BigIntegerField(
                        help_text="Id of the store's last movement before the close: later ones of this date are late for the day."
                    ),
                ),
            ],
            options={
                "ordering": ("store", "-date"),
            },
        ),
        migrations.AddField(
            model_name="payment",
            name="business_date",
            field=models.DateField(
                default=datetime.date(2000, 1, 1),
                help_text="The store's trading date of the payment, frozen when it was reported.",
            ),
            preserve_default=False,
        ),
        migrations.RunPython(date_payments, migrations.RunPython.noop),
        migrations.AddField(
            model_name="store",
            name="closes_stale_sessions",
            field=models.BooleanField(
                default=True,
                help_text="Closing a business day closes what is open of it without a count; else it waits for the count.",
                verbose_name="close what is left open",
            ),
        ),
        migrations.AlterField(
            model_name="movement",
            name="store",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="movements",
                to="cashdesk.store",
            ),
        ),
        migrations.AddIndex(
            model_name="movement",
            index=models.Index(fields=["store", "business_date", "method", "id"], name="movement_of_business_date"),
        ),
        migrations.AddIndex(
            model_name="payment",
            index=models.Index(fields=["store", "business_date"], name="payment_of_business_date"),
        ),
        migrations.AddField(
            model_name="businessday",
            name="closed_by",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="businessday",
            name="closed_with",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="cashdesk.accesstoken",
            ),
        ),
        migrations.AddField(
            model_name="businessday",
            name="store",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="closed_days",
                to="cashdesk.store",
            ),
        ),
        migrations.AddConstraint(
            model_name="businessday",
            constraint=models.UniqueConstraint(fields=("store", "date"), name="business_day_closed_once"),
        ),
    ]
