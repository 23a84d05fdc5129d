import uuid

import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("cashdesk", "0003_settled_places"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Settlement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "type",
                    models.CharField(choices=[("VAULT", "Vault"), ("CASHREGISTER", "Cash register")], max_length=16),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("OPEN", "Open"), ("COUNTING", "Counting"), ("CLOSED", "Closed")],
                        default="OPEN",
                        max_length=8,
                    ),
                ),
                ("business_date", models.DateField(help_text="The store's trading date at the opening.")),
                (
                    "opened_after",
                    models.BigIntegerField(help_text="Id of the place's last movement before the period."),
                ),
                (
                    "opened_after_z",
                    models.PositiveBigIntegerField(help_text="The place's last Z before the period; 0 for none."),
                ),
                ("opened_at", models.DateTimeField()),
                ("opened_by_name", models.CharField(max_length=200)),
                ("counted_at", models.DateTimeField(null=True)),
                ("counted_by_name", models.CharField(blank=True, max_length=200)),
                ("last_count_at", models.DateTimeField(help_text="Of a vault: when it was last previewed.", null=True)),
                ("last_count_by_name", models.CharField(blank=True, max_length=200)),
                ("preview_count", models.PositiveIntegerField(default=0, help_text="How many previews were counted.")),
                ("closed_at", models.DateTimeField(null=True)),
                ("closed_by_name", models.CharField(blank=True, max_length=200)),
                (
                    "closing",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("DECLARED", "With the amounts that were declared"),
                            ("MATCHED", "By a preview in which all was equal"),
                            ("ATTEMPTS_USED", "By the last preview there may be"),
                            ("FORCED", "Without a count"),
                        ],
                        max_length=16,
                    ),
                ),
                (
                    "closed_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "counted_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "opened_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "place",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="settlements",
                        to="cashdesk.place",
                    ),
                ),
                (
                    "seal",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="settlement",
                        to="cashdesk.seal",
                    ),
                ),
                (
                    "store",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="settlements",
                        to="cashdesk.store",
                    ),
                ),
            ],
            options={
                "ordering": ("-opened_at", "-pk"),
            },
        ),
        migrations.CreateModel(
            name="InitialAmount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("currency", models.CharField(max_length=3)),
                ("method", models.CharField(max_length=32)),
                ("amount", models.BigIntegerField()),
                (
                    "opening_difference",
                    models.BigIntegerField(
                        default=0,
                        help_text="Amount minus what the book still held; belongs to custody between two periods.",
                    ),
                ),
                (
                    "settlement",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="initial_amounts",
                        to="settlements.settlement",
                    ),
                ),
            ],
            options={
                "ordering": ("settlement", "pk"),
            },
        ),
        migrations.CreateModel(
            name="ClosingAmount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("currency", models.CharField(max_length=3)),
                ("method", models.CharField(max_length=32)),
                ("target", models.BigIntegerField()),
                ("actual", models.BigIntegerField()),
                ("difference", models.BigIntegerField(help_text="Actual minus target.")),
                (
                    "is_assumed",
                    models.BooleanField(
                        default=False, help_text="Not counted by hand and not declared: taken as the books say."
                    ),
                ),
                (
                    "settlement",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="closing_amounts",
                        to="settlements.settlement",
                    ),
                ),
            ],
            options={
                "ordering": ("settlement", "pk"),
            },
        ),
        migrations.CreateModel(
            name="SettlementCount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("attempt", models.PositiveIntegerField()),
                ("is_equal", models.BooleanField(help_text="Whether every amount was the target's.")),
                (
                    "count",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="settlement_count",
                        to="cashdesk.count",
                    ),
                ),
                (
                    "settlement",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="counts",
                        to="settlements.settlement",
                    ),
                ),
            ],
            options={
                "ordering": ("settlement", "attempt"),
            },
        ),
        migrations.CreateModel(
            name="CashbookAccount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "type",
                    models.CharField(
                        choices=[("VAULT", "Vault"), ("CASHREGISTER", "Cash register")],
                        max_length=16,
                        verbose_name="for",
                    ),
                ),
                (
                    "direction",
                    models.CharField(
                        choices=[("REVENUE", "Revenue (paid in)"), ("EXPENSE", "Expense (paid out)")], max_length=8
                    ),
                ),
                ("code", models.CharField(max_length=50)),
                ("description", models.CharField(max_length=200)),
                ("is_active", models.BooleanField(default=True)),
                (
                    "store",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="cashbook_accounts",
                        to="cashdesk.store",
                    ),
                ),
            ],
            options={
                "ordering": ("store", "type", "-direction", "code"),
                "constraints": [
                    models.UniqueConstraint(fields=("store", "type", "code"), name="cashbook_code_once_per_store"),
                    models.CheckConstraint(
                        condition=models.Q(("direction__in", ["REVENUE", "EXPENSE"])),
                        name="cashbook_direction_is_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Deposit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "state",
                    models.CharField(
                        choices=[("PREPARED", "Prepared"), ("COLLECTED", "Collected"), ("CREDITED", "Credited")],
                        default="PREPARED",
                        max_length=16,
                    ),
                ),
                ("bag_number", models.CharField(max_length=64)),
                ("slip_number", models.CharField(blank=True, max_length=64)),
                ("prepared_at", models.DateTimeField()),
                ("collected_at", models.DateTimeField(null=True)),
                ("courier", models.CharField(blank=True, help_text="Who took the bag along.", max_length=200)),
                ("credited_at", models.DateTimeField(null=True)),
                ("credited_amount", models.BigIntegerField(help_text="What the bank says.", null=True)),
                (
                    "difference",
                    models.BigIntegerField(help_text="Credited minus what was in the bag by the books.", null=True),
                ),
                (
                    "collected_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "credited_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "movement",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="deposit", to="cashdesk.movement"
                    ),
                ),
                (
                    "prepared_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "store",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="deposits",
                        to="cashdesk.store",
                    ),
                ),
            ],
            options={
                "ordering": ("-pk",),
                "indexes": [models.Index(fields=["store", "-id"], name="deposit_of_store_newest")],
                "constraints": [
                    models.UniqueConstraint(fields=("store", "bag_number"), name="deposit_bag_once_per_store"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("credited_amount__isnull", False),
                                ("credited_at__isnull", False),
                                ("state", "CREDITED"),
                                ("credited_amount__gte", 0),
                                ("difference__isnull", False),
                            ),
                            models.Q(
                                models.Q(("state", "CREDITED"), _negated=True),
                                ("credited_amount__isnull", True),
                                ("credited_at__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="deposit_figures_when_credited",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["PREPARED", "COLLECTED", "CREDITED"])),
                        name="deposit_state_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("collected_at__isnull", True),
                            ("collected_at__gte", models.F("prepared_at")),
                            _connector="OR",
                        ),
                        name="deposit_collected_after_prepared",
                    ),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="settlement",
            index=models.Index(fields=["store", "-opened_at", "-id"], name="settlement_of_store_newest"),
        ),
        migrations.AddIndex(
            model_name="settlement",
            index=models.Index(fields=["-opened_at", "-id"], name="settlement_newest"),
        ),
        migrations.AddIndex(
            model_name="settlement",
            index=models.Index(fields=["place", "-id"], name="settlement_of_place"),
        ),
        migrations.AddConstraint(
            model_name="settlement",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "CLOSED"), _negated=True),
                fields=("place",),
                name="settlement_one_running_per_place",
            ),
        ),
        migrations.AddConstraint(
            model_name="settlement",
            constraint=models.CheckConstraint(
                condition=models.Q(("type__in", ["VAULT", "CASHREGISTER"])), name="settlement_type_is_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="settlement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["OPEN", "COUNTING", "CLOSED"]), ("type", "CASHREGISTER")),
                    models.Q(("state__in", ("OPEN", "CLOSED")), ("type", "VAULT")),
                    _connector="OR",
                ),
                name="settlement_state_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="settlement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("closed_at__isnull", False),
                        ("seal__isnull", False),
                        ("state", "CLOSED"),
                        ("closing__in", ["DECLARED", "MATCHED", "ATTEMPTS_USED", "FORCED"]),
                    ),
                    models.Q(
                        models.Q(("state", "CLOSED"), _negated=True),
                        ("closed_at__isnull", True),
                        ("closing", ""),
                        ("seal__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="settlement_sealed_when_closed",
            ),
        ),
        migrations.AddConstraint(
            model_name="settlement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "COUNTING"), _negated=True), ("counted_at__isnull", False), _connector="OR"
                ),
                name="settlement_counting_since",
            ),
        ),
        migrations.AddConstraint(
            model_name="settlement",
            constraint=models.CheckConstraint(
                condition=models.Q(("type", "VAULT"), ("preview_count__lte", 3), _connector="OR"),
                name="settlement_three_previews",
            ),
        ),
        migrations.AddConstraint(
            model_name="initialamount",
            constraint=models.UniqueConstraint(
                fields=("settlement", "currency", "method"), name="initial_amount_once_per_pair"
            ),
        ),
        migrations.AddConstraint(
            model_name="initialamount",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__gte", 0)), name="initial_amount_not_negative"
            ),
        ),
        migrations.AddConstraint(
            model_name="closingamount",
            constraint=models.UniqueConstraint(
                fields=("settlement", "currency", "method"), name="closing_amount_once_per_pair"
            ),
        ),
        migrations.AddConstraint(
            model_name="closingamount",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "difference",
                        django.db.models.expressions.CombinedExpression(models.F("actual"), "-", models.F("target")),
                    )
                ),
                name="closing_amount_difference_adds_up",
            ),
        ),
        migrations.AddConstraint(
            model_name="closingamount",
            constraint=models.CheckConstraint(
                condition=models.Q(("is_assumed", False), ("difference", 0), _connector="OR"),
                name="closing_amount_assumed_is_equal",
            ),
        ),
        migrations.AddConstraint(
            model_name="settlementcount",
            constraint=models.UniqueConstraint(fields=("settlement", "attempt"), name="settlement_attempt_once"),
        ),
    ]
