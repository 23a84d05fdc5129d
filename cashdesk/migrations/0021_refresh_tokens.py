"""Adds what a sign-in needs to be renewed: its family, and the digest and end of its refresh token."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cashdesk", "0020_events"),
    ]

    operations = [
        migrations.AddField(
            model_name="accesstoken",
            name="family",
            field=models.UUIDField(
                blank=True,
                editable=False,
                help_text="The sign-in to which this token and its successors belong.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="accesstoken",
            name="refresh_digest",
            field=models.CharField(blank=True, editable=False, max_length=64, null=True, unique=True),
        ),
        migrations.AddField(
            model_name="accesstoken",
            name="renewable_until",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name="accesstoken",
            name="replaces",
            field=models.OneToOneField(
                blank=True,
                help_text="The key or the sign-in token that this one replaces.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="replaced_by",
                to="cashdesk.accesstoken",
            ),
        ),
        migrations.AddIndex(
            model_name="accesstoken",
            index=models.Index(
                condition=models.Q(("family__isnull", False)), fields=["family", "created_at"], name="token_by_family"
            ),
        ),
        migrations.AddIndex(
            model_name="accesstoken",
            index=models.Index(
                condition=models.Q(("refresh_digest__isnull", False)), fields=["renewable_until"], name="token_to_tidy"
            ),
        ),
        migrations.AddConstraint(
            model_name="accesstoken",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("family__isnull", True), ("refresh_digest__isnull", True)),
                    models.Q(("family__isnull", False), ("kind", "SIGN_IN"), ("renewable_until__isnull", False)),
                    _connector="OR",
                ),
                name="token_renewed_in_family",
            ),
        ),
    ]
