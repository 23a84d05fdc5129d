"""Stores the rule of each system amount. Earlier reconciliations keep the first rule."""

import django.db.models.deletion
from django.db import migrations, models

RULES = [
    (1, "The day's movements, by who sold; nothing was carried over"),
    (2, "With what was carried over, by who held the drawer"),
]


class Migration(migrations.Migration):
    dependencies = [
        ("cashdesk", "0015_vault_and_drawers_by_day"),
        ("reconciliations", "0004_superseded_by_a_figure"),
    ]

    operations = [
        migrations.AddField(
            model_name="reconciliation",
            name="as_of_session",
            field=models.BigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="reconciliation",
            name="as_of_seal",
            field=models.BigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="reconciliation",
            name="first_movement",
            field=models.BigIntegerField(
                default=0, help_text="Id of the first movement of the day or a later one, or of the next one to come."
            ),
        ),
        migrations.AddField(
            model_name="reconciliation",
            name="overnight_session",
            field=models.ForeignKey(
                db_index=False,
                help_text="The session that the operator held when the day began.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="cashdesk.cashsession",
            ),
        ),
        migrations.AddField(
            model_name="reconciliation",
            name="rule",
            field=models.PositiveSmallIntegerField(
                choices=RULES, default=1, help_text="How the system amount was worked out."
            ),
        ),
        migrations.AlterField(
            model_name="reconciliation",
            name="rule",
            field=models.PositiveSmallIntegerField(
                choices=RULES, default=2, help_text="How the system amount was worked out."
            ),
        ),
        migrations.AddConstraint(
            model_name="reconciliation",
            constraint=models.CheckConstraint(
                condition=models.Q(("rule__in", [1, 2])), name="reconciliation_rule_is_known"
            ),
        ),
    ]
