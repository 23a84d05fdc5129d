"""Gives cashbook accounts a second code, and adds an index that finds the period of a movement."""

from typing import Any, Final

from django.db import migrations, models

NUMBERS: Final = (
    ("CASHREGISTER", "REVENUE", "900", "CHANGE"),
    ("CASHREGISTER", "REVENUE", "170", "OTHER_INCOME"),
    ("CASHREGISTER", "EXPENSE", "103", "SUPPLIES"),
    ("CASHREGISTER", "EXPENSE", "102", "CLEANING"),
    ("CASHREGISTER", "EXPENSE", "104", "POSTAGE"),
    ("CASHREGISTER", "EXPENSE", "190", "OTHER_EXPENSE"),
    ("VAULT", "REVENUE", "170", "OTHER_INCOME"),
    ("VAULT", "EXPENSE", "180", "WAGES_ADVANCE"),
    ("VAULT", "EXPENSE", "181", "SUPPLIER"),
    ("VAULT", "EXPENSE", "190", "OTHER_EXPENSE"),
)
"""The numbers of the usual accounts when this migration was written."""


def number_usual_accounts(apps: Any, schema_editor: Any) -> None:
    """Numbers the usual accounts of existing stores, except where another account already has the number as its code."""
    accounts = apps.get_model("settlements", "CashbookAccount").objects
    for type_, direction, number, code in NUMBERS:
        taken = list(accounts.filter(type=type_, code=number).values_list("store", flat=True))
        usual = accounts.filter(type=type_, direction=direction, code=code)
        usual.exclude(store__in=taken).update(number=number)


class Migration(migrations.Migration):
    dependencies = [
        ("cashdesk", "0018_paid_in_and_out"),
        ("settlements", "0007_plain_labels"),
    ]

    operations = [
        migrations.AddField(
            model_name="cashbookaccount",
            name="number",
            field=models.CharField(
                blank=True,
                default="",
                help_text="Optional: a second code, such as 170, that programs may send instead.",
                max_length=20,
            ),
            preserve_default=False,
        ),
        migrations.RunPython(number_usual_accounts, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="cashbookaccount",
            constraint=models.UniqueConstraint(
                condition=models.Q(("number", ""), _negated=True),
                fields=("store", "type", "number"),
                name="cashbook_number_once_per_store",
            ),
        ),
        migrations.AddIndex(
            model_name="settlement",
            index=models.Index(fields=["place", "-opened_after", "-id"], name="settlement_of_place_by_start"),
        ),
    ]
