"""Adds cancelled openings. The session stays on record but does not count as a count of the drawer."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cashdesk", "0010_access_version"),
    ]

    operations = [
        migrations.AddField(
            model_name="cashsession",
            name="is_cancelled",
            field=models.BooleanField(
                default=False,
                help_text="Opened by mistake: nothing moved, and the float went back where it came from. No count of the drawer.",
                verbose_name="opening cancelled",
            ),
        ),
        migrations.AddConstraint(
            model_name="cashsession",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("is_cancelled", False),
                    models.Q(
                        ("declared_amount", models.F("start_amount")),
                        ("difference", 0),
                        ("expected_amount", models.F("start_amount")),
                        ("is_handed_over", False),
                        ("status", "CLOSED"),
                    ),
                    _connector="OR",
                ),
                name="session_cancelled_is_as_opened",
            ),
        ),
    ]
