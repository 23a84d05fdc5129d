"""Rewrites help texts. Changes no column."""

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cashdesk", "0015_vault_and_drawers_by_day"),
    ]

    operations = [
        migrations.AlterField(
            model_name="accesstoken",
            name="replaces",
            field=models.OneToOneField(
                blank=True,
                help_text="The key that this one replaces.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="replaced_by",
                to="cashdesk.accesstoken",
            ),
        ),
        migrations.AlterField(
            model_name="accesstoken",
            name="scopes",
            field=models.JSONField(
                blank=True, default=list, help_text="For API keys only. A person's token has the person's role."
            ),
        ),
        migrations.AlterField(
            model_name="businessday",
            name="last_movement",
            field=models.BigIntegerField(
                help_text="Id of the store's last movement before the close. Later movements of this date are late."
            ),
        ),
        migrations.AlterField(
            model_name="cashsession",
            name="business_date",
            field=models.DateField(help_text="The store's business date at the opening."),
        ),
        migrations.AlterField(
            model_name="cashsession",
            name="declared_amount",
            field=models.BigIntegerField(
                help_text="The amount that the cashier counted; 0 after a forced close.", null=True
            ),
        ),
        migrations.AlterField(
            model_name="cashsession",
            name="is_cancelled",
            field=models.BooleanField(
                default=False,
                help_text="Opened by mistake: nothing moved and the float was returned. The drawer was not counted.",
                verbose_name="opening cancelled",
            ),
        ),
        migrations.AlterField(
            model_name="cashsession",
            name="is_handed_over",
            field=models.BooleanField(
                default=False,
                help_text="Closed with a count. The cash stayed in the drawer for the next cashier to count in.",
            ),
        ),
        migrations.AlterField(
            model_name="cashsession",
            name="opening_difference",
            field=models.BigIntegerField(
                default=0,
                help_text="Float minus the register's balance before the opening. It arose between two sessions.",
            ),
        ),
        migrations.AlterField(
            model_name="countpieces",
            name="denomination",
            field=models.BigIntegerField(help_text="Value of one piece in minor units."),
        ),
        migrations.AlterField(
            model_name="draft",
            name="device",
            field=models.CharField(
                blank=True, help_text="The device of the last input, by the id that its page chose.", max_length=32
            ),
        ),
        migrations.AlterField(
            model_name="draft",
            name="fields",
            field=models.JSONField(help_text="The typed text by field name."),
        ),
        migrations.AlterField(
            model_name="draft",
            name="subject",
            field=models.CharField(
                help_text="What the form is about, such as close:<uuid of the session>.", max_length=80
            ),
        ),
        migrations.AlterField(
            model_name="draft",
            name="version",
            field=models.PositiveIntegerField(
                default=1, help_text="Increased by each save, so that two devices notice each other."
            ),
        ),
        migrations.AlterField(
            model_name="foreigncash",
            name="stays",
            field=models.BooleanField(help_text="The cash stayed in the drawer: handed over, or not counted."),
        ),
        migrations.AlterField(
            model_name="idempotentanswer",
            name="principal",
            field=models.CharField(help_text="The owner of the key: user:42 or key:7.", max_length=80),
        ),
        migrations.AlterField(
            model_name="movement",
            name="business_date",
            field=models.DateField(help_text="The store's business date, frozen when it was recorded."),
        ),
        migrations.AlterField(
            model_name="movement",
            name="is_late",
            field=models.BooleanField(
                default=False,
                help_text="Booked after its period was closed. It explains the difference and changes no sealed figure.",
            ),
        ),
        migrations.AlterField(
            model_name="movement",
            name="late_for",
            field=models.ForeignKey(
                db_index=False,
                help_text="For late money: the place whose closed period it explains. Over/short replaces it as an end.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="late_movements",
                to="cashdesk.place",
            ),
        ),
        migrations.AlterField(
            model_name="payment",
            name="clock_adjusted",
            field=models.BooleanField(
                default=False, help_text="The till's clock gave another business day than the payment's."
            ),
        ),
        migrations.AlterField(
            model_name="payment",
            name="decided_at",
            field=models.DateTimeField(help_text="When a pending payment was approved or rejected.", null=True),
        ),
        migrations.AlterField(
            model_name="payment",
            name="fingerprint",
            field=models.CharField(
                help_text="SHA-256 of the report as sent. Tells a repeated report from a different one.", max_length=64
            ),
        ),
        migrations.AlterField(
            model_name="payment",
            name="paid_at",
            field=models.DateTimeField(help_text="When it was paid by the till's clock, which may be wrong."),
        ),
        migrations.AlterField(
            model_name="payment",
            name="source",
            field=models.CharField(
                blank=True,
                default="",
                help_text="The till that reported it: type of caller, and register or operator. Empty in old rows.",
                max_length=100,
            ),
        ),
        migrations.AlterField(
            model_name="paymentmethod",
            name="code",
            field=models.CharField(help_text="Capital letters. CASH is cash.", max_length=32),
        ),
        migrations.AlterField(
            model_name="paymentmethod",
            name="is_counted",
            field=models.BooleanField(
                default=False,
                help_text="Settlements count it like cash (card slips, cheques). If not, they use the amount in the books.",
                verbose_name="counted by hand",
            ),
        ),
        migrations.AlterField(
            model_name="place",
            name="settled_after_z",
            field=models.PositiveBigIntegerField(
                default=0,
                editable=False,
                help_text="The place's last Z before its latest settlement. Sessions with a higher Z belong to that settlement.",
            ),
        ),
        migrations.AlterField(
            model_name="place",
            name="settling",
            field=models.CharField(
                choices=[
                    ("NONE", "No settlement"),
                    ("OPEN", "Open settlement"),
                    ("COUNTING", "Settlement being counted"),
                ],
                default="NONE",
                editable=False,
                help_text="Whether a settlement holds the place. Postings read it under the lock of this row.",
                max_length=8,
                verbose_name="settlement",
            ),
        ),
        migrations.AlterField(
            model_name="place",
            name="settling_by",
            field=models.ForeignKey(
                db_index=False,
                editable=False,
                help_text="Who opened the place's settlement.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="place",
            name="settling_since",
            field=models.DateTimeField(editable=False, help_text="When the place's settlement was opened.", null=True),
        ),
        migrations.AlterField(
            model_name="place",
            name="transitions",
            field=models.BigIntegerField(
                default=0,
                editable=False,
                help_text="Counts openings and closes. A posting compares it to notice that the place changed.",
            ),
        ),
        migrations.AlterField(
            model_name="signinattempt",
            name="identifier_digest",
            field=models.CharField(
                help_text="SHA-256 of the typed name, because people type passwords there.", max_length=64
            ),
        ),
        migrations.AlterField(
            model_name="signinattempt",
            name="source_digest",
            field=models.CharField(default="", help_text="SHA-256 of the device, person or address.", max_length=64),
        ),
        migrations.AlterField(
            model_name="store",
            name="closes_stale_sessions",
            field=models.BooleanField(
                default=True,
                help_text="Closing a business day closes open sessions without a count. If not set, the close waits for them.",
                verbose_name="close what is left open",
            ),
        ),
        migrations.AlterField(
            model_name="store",
            name="cut_off_hour",
            field=models.PositiveSmallIntegerField(
                default=0,
                help_text="Local hour at which the business day changes. With 4, a sale at 03:59 belongs to the previous day.",
                validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(23)],
            ),
        ),
        migrations.AlterField(
            model_name="store",
            name="escalation_minor",
            field=models.BigIntegerField(
                blank=True,
                help_text="Minor units. An admin must sign off larger differences. Empty: no second limit.",
                null=True,
                validators=[django.core.validators.MinValueValidator(0)],
                verbose_name="second limit",
            ),
        ),
        migrations.AlterField(
            model_name="store",
            name="language",
            field=models.CharField(
                choices=[
                    ("en", "English"),
                    ("es", "español"),
                    ("pt-br", "português (Brasil)"),
                    ("id", "Bahasa Indonesia"),
                    ("de", "Deutsch"),
                ],
                default="en",
                help_text="Language of the store's pages for people who chose none, and the style of amounts and dates.",
                max_length=8,
            ),
        ),
        migrations.AlterField(
            model_name="store",
            name="number",
            field=models.CharField(help_text="The store's number, unique in the account.", max_length=20),
        ),
        migrations.AlterField(
            model_name="store",
            name="register_look_minor",
            field=models.BigIntegerField(
                blank=True,
                help_text="Minor units. Larger amounts must be confirmed before they are booked. Empty: a default by currency.",
                null=True,
                validators=[django.core.validators.MinValueValidator(0)],
                verbose_name="second look above, at a register",
            ),
        ),
        migrations.AlterField(
            model_name="store",
            name="requires_settlement",
            field=models.BooleanField(
                default=False,
                help_text="Registers trade only while they have an open settlement.",
                verbose_name="trades under settlement only",
            ),
        ),
        migrations.AlterField(
            model_name="store",
            name="tolerance_basis_points",
            field=models.PositiveIntegerField(
                default=0,
                help_text="Hundredths of a percent of the expected amount: 50 is half a percent.",
                validators=[django.core.validators.MaxValueValidator(10000)],
                verbose_name="tolerance by share",
            ),
        ),
        migrations.AlterField(
            model_name="store",
            name="tolerance_minor",
            field=models.BigIntegerField(
                default=0,
                help_text="Minor units. Larger differences must be explained.",
                validators=[django.core.validators.MinValueValidator(0)],
                verbose_name="tolerance",
            ),
        ),
        migrations.AlterField(
            model_name="store",
            name="vault_look_minor",
            field=models.BigIntegerField(
                blank=True,
                help_text="Minor units. Larger amounts must be confirmed before they are booked. Empty: a default by currency.",
                null=True,
                validators=[django.core.validators.MinValueValidator(0)],
                verbose_name="second look above, in the vault",
            ),
        ),
        migrations.AlterField(
            model_name="store",
            name="witness_minor",
            field=models.BigIntegerField(
                blank=True,
                help_text="Minor units. A witness must confirm larger counts. Empty: no witness.",
                null=True,
                validators=[django.core.validators.MinValueValidator(0)],
                verbose_name="witness above",
            ),
        ),
        migrations.AlterField(
            model_name="user",
            name="access_version",
            field=models.PositiveIntegerField(
                default=0, editable=False, help_text="Stored in browser sessions. Increasing it ends them all."
            ),
        ),
        migrations.AlterField(
            model_name="user",
            name="language",
            field=models.CharField(
                blank=True,
                choices=[
                    ("en", "English"),
                    ("es", "español"),
                    ("pt-br", "português (Brasil)"),
                    ("id", "Bahasa Indonesia"),
                    ("de", "Deutsch"),
                ],
                help_text="Language of the pages. Empty: the store's language.",
                max_length=8,
            ),
        ),
        migrations.AlterField(
            model_name="user",
            name="operator_code",
            field=models.CharField(
                blank=True, help_text="The person's code at tills. Empty: the user id.", max_length=64
            ),
        ),
        migrations.AlterField(
            model_name="user",
            name="rut",
            field=models.CharField(
                blank=True,
                help_text="RUT or another tax id. The person can sign in with it.",
                max_length=20,
                verbose_name="tax id",
            ),
        ),
        migrations.AlterField(
            model_name="variance",
            name="difference",
            field=models.BigIntegerField(
                help_text="Counted minus expected. For late money: the approved amount. Empty while it is unknown.",
                null=True,
            ),
        ),
        migrations.AlterField(
            model_name="variance",
            name="first_movement",
            field=models.BigIntegerField(help_text="For late money: id of its first movement.", null=True),
        ),
        migrations.AlterField(
            model_name="variance",
            name="is_escalated",
            field=models.BooleanField(
                default=False,
                help_text="An admin decides: above the store's second limit, or escalated by a person.",
                verbose_name="escalated",
            ),
        ),
        migrations.AlterField(
            model_name="variance",
            name="last_movement",
            field=models.BigIntegerField(help_text="For late money: id of the last approved movement.", null=True),
        ),
        migrations.AlterField(
            model_name="variance",
            name="person",
            field=models.ForeignKey(
                db_index=False,
                help_text="The cashier of the drawer.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="variance",
            name="tolerance",
            field=models.BigIntegerField(default=0, help_text="The store's tolerance at that time."),
        ),
    ]
