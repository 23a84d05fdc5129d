"""Rewrites help texts. Changes no column."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("settlements", "0005_settling_since"),
    ]

    operations = [
        migrations.AlterField(
            model_name="changeorder",
            name="amount",
            field=models.BigIntegerField(help_text="The ordered amount."),
        ),
        migrations.AlterField(
            model_name="changeorder",
            name="ended_at",
            field=models.DateTimeField(help_text="When it arrived or was cancelled.", null=True),
        ),
        migrations.AlterField(
            model_name="changeorder",
            name="pieces",
            field=models.JSONField(
                default=dict, help_text="The ordered pieces by worth. Empty if only an amount was ordered."
            ),
        ),
        migrations.AlterField(
            model_name="changeorder",
            name="received",
            field=models.BigIntegerField(help_text="The amount counted on arrival.", null=True),
        ),
        migrations.AlterField(
            model_name="changeorder",
            name="received_pieces",
            field=models.JSONField(
                default=dict, help_text="The counted pieces by worth. Empty if only an amount was counted."
            ),
        ),
        migrations.AlterField(
            model_name="closingamount",
            name="is_assumed",
            field=models.BooleanField(
                default=False, help_text="Neither counted nor declared: the amount in the books was used."
            ),
        ),
        migrations.AlterField(
            model_name="creditcorrection",
            name="corrected_from",
            field=models.BigIntegerField(help_text="The amount before the correction."),
        ),
        migrations.AlterField(
            model_name="creditcorrection",
            name="corrected_to",
            field=models.BigIntegerField(help_text="The corrected amount."),
        ),
        migrations.AlterField(
            model_name="creditcorrection",
            name="difference",
            field=models.BigIntegerField(help_text="The corrected amount minus the amount packed."),
        ),
        migrations.AlterField(
            model_name="creditcorrection",
            name="number",
            field=models.PositiveSmallIntegerField(help_text="1 for the deposit's first correction."),
        ),
        migrations.AlterField(
            model_name="deposit",
            name="courier",
            field=models.CharField(blank=True, help_text="Name of the courier.", max_length=200),
        ),
        migrations.AlterField(
            model_name="deposit",
            name="credited_amount",
            field=models.BigIntegerField(help_text="The amount that the bank credited first.", null=True),
        ),
        migrations.AlterField(
            model_name="deposit",
            name="difference",
            field=models.BigIntegerField(help_text="Credited amount minus the amount packed.", null=True),
        ),
        migrations.AlterField(
            model_name="initialamount",
            name="opening_difference",
            field=models.BigIntegerField(
                default=0,
                help_text="Amount minus the balance in the books before the opening. It arose between two periods.",
            ),
        ),
        migrations.AlterField(
            model_name="settlement",
            name="business_date",
            field=models.DateField(help_text="The store's business date at the opening."),
        ),
        migrations.AlterField(
            model_name="settlement",
            name="last_count_at",
            field=models.DateTimeField(help_text="For a vault: when it was last previewed.", null=True),
        ),
        migrations.AlterField(
            model_name="settlement",
            name="preview_count",
            field=models.PositiveIntegerField(default=0, help_text="Number of previews."),
        ),
        migrations.AlterField(
            model_name="settlementcount",
            name="is_equal",
            field=models.BooleanField(help_text="Whether every amount was equal to its target."),
        ),
        migrations.AlterField(
            model_name="settlementcount",
            name="unequal",
            field=models.JSONField(
                default=list,
                help_text='The pairs that were not equal, such as [["EUR", "CASH"]], without the differences.',
            ),
        ),
    ]
