"""Once installed the triggers. `manage.py migrate` does this now (cashdesk.triggers)."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("cashdesk", "0001_initial")]

    operations = []
