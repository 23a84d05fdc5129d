"""Rewrites labels and help texts. Changes no column."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("settlements", "0006_help_texts"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="cashbookaccount",
            name="type",
            field=models.CharField(
                choices=[("VAULT", "Safe"), ("CASHREGISTER", "Cash register")], max_length=16, verbose_name="for"
            ),
        ),
        migrations.AlterField(
            model_name="deposit",
            name="collected_at",
            field=models.DateTimeField(null=True, verbose_name="picked up at"),
        ),
        migrations.AlterField(
            model_name="deposit",
            name="collected_by",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="picked up by",
            ),
        ),
        migrations.AlterField(
            model_name="deposit",
            name="state",
            field=models.CharField(
                choices=[
                    ("PREPARED", "Prepared"),
                    ("COLLECTED", "Picked up"),
                    ("CREDITED", "Credited"),
                    ("CANCELLED", "Cancelled"),
                ],
                default="PREPARED",
                max_length=16,
            ),
        ),
        migrations.AlterField(
            model_name="settlement",
            name="closing",
            field=models.CharField(
                blank=True,
                choices=[
                    ("DECLARED", "With the counted amounts"),
                    ("MATCHED", "By an attempt with equal amounts"),
                    ("ATTEMPTS_USED", "By the last attempt"),
                    ("FORCED", "Without a count"),
                ],
                max_length=16,
            ),
        ),
        migrations.AlterField(
            model_name="settlement",
            name="last_count_at",
            field=models.DateTimeField(help_text="For a safe: the time of its last preview.", null=True),
        ),
        migrations.AlterField(
            model_name="settlement",
            name="type",
            field=models.CharField(choices=[("VAULT", "Safe"), ("CASHREGISTER", "Cash register")], max_length=16),
        ),
    ]
