"""Adds the index that finds the authorizations of a day, of all stores."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cashdesk", "0049_variances_waiting_oldest"),
        ("reconciliations", "0012_repayments"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name="authorization",
            index=models.Index(fields=["issued_at"], name="authorization_of_instant"),
        ),
    ]
