"""Adds the data of the counting screen: drafts, languages, the usual float, the witness and handovers."""

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cashdesk", "0006_rotated_keys"),
    ]

    operations = [
        migrations.CreateModel(
            name="Draft",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "subject",
                    models.CharField(
                        help_text="What is being filled in, such as close:<uuid of the session>.", max_length=80
                    ),
                ),
                ("fields", models.JSONField(help_text="What was typed, by the name of the field.")),
                (
                    "version",
                    models.PositiveIntegerField(
                        default=1, help_text="Raised by each save: two devices notice each other."
                    ),
                ),
                (
                    "device",
                    models.CharField(
                        blank=True, help_text="Which device typed last; a name that it gave itself.", max_length=32
                    ),
                ),
                ("updated_at", models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name="cashsession",
            name="is_handed_over",
            field=models.BooleanField(
                default=False,
                help_text="Closed with a count, the cash left in the drawer for the next cashier to count in.",
            ),
        ),
        migrations.AddField(
            model_name="store",
            name="float_template",
            field=models.JSONField(
                blank=True,
                default=dict,
                help_text='The usual float: pieces by the worth of a note or coin in minor units, such as {"1000": 5}.',
            ),
        ),
        migrations.AddField(
            model_name="store",
            name="language",
            field=models.CharField(
                choices=[
                    ("en", "English"),
                    ("es", "español"),
                    ("pt-br", "português (Brasil)"),
                    ("id", "Bahasa Indonesia"),
                    ("de", "Deutsch"),
                ],
                default="en",
                help_text="What its pages speak to people who chose no language, and how amounts and dates are written there.",
                max_length=8,
            ),
        ),
        migrations.AddField(
            model_name="store",
            name="witness_minor",
            field=models.BigIntegerField(
                blank=True,
                help_text="Minor units; a count of more is confirmed by a second person. Empty: no count asks for one.",
                null=True,
                validators=[django.core.validators.MinValueValidator(0)],
                verbose_name="witness above",
            ),
        ),
        migrations.AddField(
            model_name="user",
            name="language",
            field=models.CharField(
                blank=True,
                choices=[
                    ("en", "English"),
                    ("es", "español"),
                    ("pt-br", "português (Brasil)"),
                    ("id", "Bahasa Indonesia"),
                    ("de", "Deutsch"),
                ],
                help_text="What the pages speak; empty: the store's language.",
                max_length=8,
            ),
        ),
        migrations.AddConstraint(
            model_name="cashsession",
            constraint=models.CheckConstraint(
                condition=models.Q(("is_handed_over", False), ("status", "CLOSED"), _connector="OR"),
                name="session_handed_over_is_counted",
            ),
        ),
        migrations.AddField(
            model_name="draft",
            name="user",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="drafts",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddIndex(
            model_name="draft",
            index=models.Index(fields=["updated_at"], name="draft_by_age"),
        ),
        migrations.AddConstraint(
            model_name="draft",
            constraint=models.UniqueConstraint(fields=("user", "subject"), name="draft_once_per_person_and_subject"),
        ),
    ]
