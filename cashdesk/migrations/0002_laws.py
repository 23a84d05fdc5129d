"""The laws that Django has no word for were first installed here. They are now, as they stand, by the latest migration
that touches the tables they guard: they name columns that this state of the tables does not have.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("cashdesk", "0001_initial")]

    operations = []
