"""Adds the indexes that carry the lists of seals, movements, payments and counts in the back office."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cashdesk", "0046_session_list"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="count",
            index=models.Index(fields=["moment", "-id"], name="count_of_moment"),
        ),
        migrations.AddIndex(
            model_name="movement",
            index=models.Index(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "CLEARING",
                            "DEPOSIT",
                            "DROP",
                            "FEE",
                            "FLOAT",
                            "LOAN",
                            "OPENING_BALANCE",
                            "OVER_SHORT",
                            "PAID_IN",
                            "PAID_OUT",
                            "PAYOUT",
                            "REFUND",
                            "RETURN",
                            "WITHDRAWAL",
                        ],
                    )
                ),
                fields=["kind", "-id"],
                name="movement_of_rare_kind",
            ),
        ),
        migrations.AddIndex(
            model_name="movement",
            index=models.Index(condition=models.Q(("is_late", True)), fields=["-id"], name="movement_late_newest"),
        ),
        migrations.AddIndex(
            model_name="payment",
            index=models.Index(condition=models.Q(("type", "REFUND")), fields=["-id"], name="payment_refund_newest"),
        ),
        migrations.AddIndex(
            model_name="payment",
            index=models.Index(
                condition=models.Q(("booked__in", ("late", "none"))),
                fields=["booked", "-id"],
                name="payment_late_or_not_moved",
            ),
        ),
        migrations.AddIndex(
            model_name="payment",
            index=models.Index(
                condition=models.Q(("clock_adjusted", True)), fields=["-id"], name="payment_clock_adjusted"
            ),
        ),
        migrations.AddIndex(
            model_name="seal",
            index=models.Index(fields=["-sealed_at", "-id"], name="seal_newest"),
        ),
        migrations.AddIndex(
            model_name="seal",
            index=models.Index(fields=["number", "-sealed_at"], name="seal_of_number"),
        ),
        migrations.AddIndex(
            model_name="seal",
            index=models.Index(fields=["digest"], name="seal_of_digest"),
        ),
    ]
