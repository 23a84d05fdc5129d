"""Adds the place for clearing, and the kinds of movement to it and out of it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cashdesk", "0039_amounts"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="seal",
            index=models.Index(fields=["place", "-last_movement", "-number"], name="seal_until_movement"),
        ),
        migrations.RemoveConstraint(
            model_name="movement",
            name="movement_kind_is_known",
        ),
        migrations.RemoveConstraint(
            model_name="place",
            name="place_kind_is_known",
        ),
        migrations.AlterField(
            model_name="movement",
            name="kind",
            field=models.CharField(
                choices=[
                    ("FLOAT", "Float"),
                    ("SALE", "Sale"),
                    ("REFUND", "Refund"),
                    ("PAID_IN", "Paid in"),
                    ("PAID_OUT", "Paid out"),
                    ("DROP", "Drop"),
                    ("LOAN", "Loan"),
                    ("RETURN", "Return"),
                    ("DEPOSIT", "Deposit"),
                    ("WITHDRAWAL", "Withdrawal"),
                    ("OVER_SHORT", "Over/short"),
                    ("OPENING_BALANCE", "Opening balance"),
                    ("CLEARING", "To clearing"),
                    ("PAYOUT", "Payout"),
                    ("FEE", "Payout fee"),
                ],
                max_length=16,
            ),
        ),
        migrations.AlterField(
            model_name="place",
            name="kind",
            field=models.CharField(
                choices=[
                    ("VAULT", "Safe"),
                    ("REGISTER", "Register"),
                    ("CUSTOMERS", "Customers"),
                    ("OUTSIDE", "Outside"),
                    ("BANK", "Bank"),
                    ("CLEARING", "Clearing"),
                    ("OVER_SHORT", "Over/short"),
                    ("OPENING", "Opening"),
                ],
                max_length=16,
            ),
        ),
        migrations.AddConstraint(
            model_name="movement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "FLOAT",
                            "SALE",
                            "REFUND",
                            "PAID_IN",
                            "PAID_OUT",
                            "DROP",
                            "LOAN",
                            "RETURN",
                            "DEPOSIT",
                            "WITHDRAWAL",
                            "OVER_SHORT",
                            "OPENING_BALANCE",
                            "CLEARING",
                            "PAYOUT",
                            "FEE",
                        ],
                    )
                ),
                name="movement_kind_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="movement",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ("CLEARING", "PAYOUT", "FEE")), ("method", "CASH"), _negated=True),
                name="movement_never_of_cash",
            ),
        ),
        migrations.AddConstraint(
            model_name="place",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        ["VAULT", "REGISTER", "CUSTOMERS", "OUTSIDE", "BANK", "CLEARING", "OVER_SHORT", "OPENING"],
                    )
                ),
                name="place_kind_is_known",
            ),
        ),
    ]
