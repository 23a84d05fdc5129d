"""Lets reports, the first opening of a day, and variances of a range of days be read from indexes."""

from django.db import migrations, models


def _moved(end: str) -> list[str]:
    return [end, "id", "currency", "method", "amount", "kind", "payment"]


class Migration(migrations.Migration):
    dependencies = [
        ("cashdesk", "0051_payment_of_order"),
    ]

    operations = [
        migrations.RemoveIndex(model_name="movement", name="movement_out_of_place"),
        migrations.RemoveIndex(model_name="movement", name="movement_into_place"),
        migrations.AddIndex(
            model_name="movement", index=models.Index(fields=_moved("source"), name="movement_out_of_place")
        ),
        migrations.AddIndex(
            model_name="movement", index=models.Index(fields=_moved("destination"), name="movement_into_place")
        ),
        migrations.RemoveIndex(model_name="cashsession", name="session_of_business_date"),
        migrations.AddIndex(
            model_name="cashsession",
            index=models.Index(fields=["store", "business_date", "opened_at"], name="session_of_business_date"),
        ),
        migrations.AddIndex(
            model_name="variance",
            index=models.Index(fields=["store", "business_date"], name="variance_of_business_date"),
        ),
    ]
