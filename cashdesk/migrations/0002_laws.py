"""The laws that Django has no word for were once installed here; `manage.py migrate` does it now (cashdesk.triggers)."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("cashdesk", "0001_initial")]

    operations = []
