"""Makes the e-mail address of a person optional. Several people may have none."""

from django.db import migrations, models
from django.db.models.functions import Lower


class Migration(migrations.Migration):
    dependencies = [
        ("cashdesk", "0030_one_time_links"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="user", name="person_email_once"),
        migrations.AlterField(
            model_name="user",
            name="email",
            field=models.EmailField(blank=True, help_text="Optional. The person can sign in with it.", max_length=254),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.UniqueConstraint(
                Lower("email"), condition=models.Q(("email", ""), _negated=True), name="person_email_once"
            ),
        ),
    ]
