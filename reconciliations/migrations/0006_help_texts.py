"""Rewrites help texts. Changes no column."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cashdesk", "0016_help_texts"),
        ("reconciliations", "0005_rule_of_a_reconciliation"),
    ]

    operations = [
        migrations.AlterField(
            model_name="export",
            name="requested_by",
            field=models.CharField(help_text="user:42 or apikey:ck_1a2b at that time.", max_length=80),
        ),
        migrations.AlterField(
            model_name="export",
            name="rows_total",
            field=models.PositiveBigIntegerField(help_text="Number of rows when the export began."),
        ),
        migrations.AlterField(
            model_name="export",
            name="table",
            field=models.CharField(help_text="Name of the table, such as movements.", max_length=32),
        ),
        migrations.AlterField(
            model_name="reconciliation",
            name="first_movement",
            field=models.BigIntegerField(
                default=0, help_text="Id of the first movement on or after that day, or the next id if there is none."
            ),
        ),
        migrations.AlterField(
            model_name="reconciliation",
            name="is_post_close",
            field=models.BooleanField(default=False, help_text="Recorded after the business day was closed."),
        ),
        migrations.AlterField(
            model_name="reconciliation",
            name="operator_uid",
            field=models.CharField(blank=True, help_text="The operator as sent.", max_length=64),
        ),
        migrations.AlterField(
            model_name="reconciliation",
            name="overnight_session",
            field=models.ForeignKey(
                db_index=False,
                help_text="The operator's open session when the day began.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="cashdesk.cashsession",
            ),
        ),
        migrations.AlterField(
            model_name="reconciliation",
            name="reported_by",
            field=models.CharField(help_text="user:42 or apikey:ck_1a2b at that time.", max_length=80),
        ),
        migrations.AlterField(
            model_name="reconciliation",
            name="rule",
            field=models.PositiveSmallIntegerField(
                choices=[
                    (1, "The day's movements, by who sold; nothing was carried over"),
                    (2, "With what was carried over, by who held the drawer"),
                ],
                default=2,
                help_text="How the system amount was calculated.",
            ),
        ),
        migrations.AlterField(
            model_name="reconciliation",
            name="supersedes",
            field=models.OneToOneField(
                help_text="The reconciliation that it replaces.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="superseded_by",
                to="reconciliations.reconciliation",
            ),
        ),
        migrations.AlterField(
            model_name="varianceevent",
            name="by_label",
            field=models.CharField(help_text="user:42 or apikey:ck_1a2b at that time.", max_length=80),
        ),
    ]
