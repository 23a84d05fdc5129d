"""Adds the usual float of a store as one amount, for shops that do not fix its notes and coins."""

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cashdesk", "0032_registers_named"),
    ]

    operations = [
        migrations.AddField(
            model_name="store",
            name="float_minor",
            field=models.BigIntegerField(
                default=0,
                help_text="Minor units. Used if the usual float has no pieces. 0: none.",
                validators=[django.core.validators.MinValueValidator(0)],
                verbose_name="usual float as one amount",
            ),
        ),
        migrations.AddConstraint(
            model_name="store",
            constraint=models.CheckConstraint(
                condition=models.Q(("float_minor__gte", 0)), name="store_float_not_negative"
            ),
        ),
    ]
