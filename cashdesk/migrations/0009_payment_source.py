"""Makes payment ids unique per till: adds the till that reported a payment, and the mark of a wrong till clock."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cashdesk", "0008_credit_corrections"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="payment",
            name="payment_once_per_store",
        ),
        migrations.AddField(
            model_name="payment",
            name="clock_adjusted",
            field=models.BooleanField(
                default=False, help_text="The till's clock told another business day than the one of the payment."
            ),
        ),
        migrations.AddField(
            model_name="payment",
            name="source",
            field=models.CharField(
                blank=True,
                default="",
                help_text="Which till reported it: class of caller, and register or operator. Empty for those of before.",
                max_length=100,
            ),
        ),
        migrations.AddField(
            model_name="place",
            name="settling_since",
            field=models.DateTimeField(
                editable=False, help_text="When the settlement that holds it was opened.", null=True
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.UniqueConstraint(
                fields=("store", "external_id", "source", "fingerprint"), name="payment_once_per_till"
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.UniqueConstraint(
                condition=models.Q(("reported_by__isnull", False)),
                fields=("store", "external_id", "source", "reported_by"),
                name="payment_once_per_person",
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.UniqueConstraint(
                condition=models.Q(("reported_by__isnull", True)),
                fields=("store", "external_id", "source", "reported_with"),
                name="payment_once_per_key",
            ),
        ),
    ]
