"""Adds PINs: the hash of a person's PIN, the setting of the store, trusted tills, and wrong PINs."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cashdesk", "0036_setup_links"),
    ]

    operations = [
        migrations.AddField(
            model_name="store",
            name="pin_sign_in",
            field=models.BooleanField(
                default=False,
                help_text="People sign in to the desk with a PIN, on tills where somebody signed in with a password today.",
                verbose_name="change of person by PIN",
            ),
        ),
        migrations.AddField(
            model_name="user",
            name="pin",
            field=models.CharField(
                blank=True, editable=False, help_text="The hash of the PIN for the desk. Empty: no PIN.", max_length=128
            ),
        ),
        migrations.CreateModel(
            name="TrustedTill",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("device", models.CharField(editable=False, max_length=64, unique=True)),
                ("trusted_until", models.DateTimeField(db_index=True)),
                (
                    "store",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="trusted_tills",
                        to="cashdesk.store",
                    ),
                ),
                (
                    "trusted_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="trusted_tills",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="WrongPin",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("device", models.CharField(blank=True, editable=False, max_length=64)),
                ("at", models.DateTimeField()),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="wrong_pins",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
    ]
