"""Adds the place for clearing, and the kinds of movement to it and out of it."""

from typing import Any

from django.db import migrations, models

NEW = (
    ("Movement", "movement_kind_is_known"),
    ("Movement", "movement_never_of_cash"),
    ("Place", "place_kind_is_known"),
)
KINDS_BEFORE = {
    "Movement": (
        "FLOAT", "SALE", "REFUND", "PAID_IN", "PAID_OUT", "DROP", "LOAN", "RETURN", "DEPOSIT", "WITHDRAWAL", "OVER_SHORT",
        "OPENING_BALANCE",
    ),
    "Place": ("VAULT", "REGISTER", "CUSTOMERS", "OUTSIDE", "BANK", "OVER_SHORT", "OPENING"),
}  # fmt: skip
OLD = ("movement_kind_is_known", "place_kind_is_known")


def change_constraints(apps: Any, schema_editor: Any) -> None:
    """Replaces the constraints of both tables. SQLite rebuilds a table for each change, so all changes share one rebuild."""
    if schema_editor.connection.vendor == "sqlite":
        for name in ("Movement", "Place"):
            schema_editor._remake_table(apps.get_model("cashdesk", name))
        return
    for name, constraint in NEW:
        model = apps.get_model("cashdesk", name)
        made = next(one for one in model._meta.constraints if one.name == constraint)
        if constraint in OLD:
            schema_editor.remove_constraint(model, made)
        schema_editor.add_constraint(model, made)


def change_constraints_back(apps: Any, schema_editor: Any) -> None:
    """Does the same with the older constraints. `apps` has the models after this migration."""
    for name, constraint in NEW:
        model = apps.get_model("cashdesk", name)
        made = next(one for one in model._meta.constraints if one.name == constraint)
        schema_editor.remove_constraint(model, made)
        if constraint in OLD:
            kinds = KINDS_BEFORE[name]
            schema_editor.add_constraint(
                model, models.CheckConstraint(condition=models.Q(kind__in=kinds), name=constraint)
            )


class Migration(migrations.Migration):
    dependencies = [
        ("cashdesk", "0039_amounts"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="seal",
            index=models.Index(fields=["place", "-last_movement", "-number"], name="seal_until_movement"),
        ),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveConstraint(
                    model_name="movement",
                    name="movement_kind_is_known",
                ),
                migrations.RemoveConstraint(
                    model_name="place",
                    name="place_kind_is_known",
                ),
                migrations.AlterField(
                    model_name="movement",
                    name="kind",
                    field=models.CharField(
                        choices=[
                            ("FLOAT", "Float"),
                            ("SALE", "Sale"),
                            ("REFUND", "Refund"),
                            ("PAID_IN", "Paid in"),
                            ("PAID_OUT", "Paid out"),
                            ("DROP", "Drop"),
                            ("LOAN", "Loan"),
                            ("RETURN", "Return"),
                            ("DEPOSIT", "Deposit"),
                            ("WITHDRAWAL", "Withdrawal"),
                            ("OVER_SHORT", "Over/short"),
                            ("OPENING_BALANCE", "Opening balance"),
                            ("CLEARING", "To clearing"),
                            ("PAYOUT", "Payout"),
                            ("FEE", "Payout fee"),
                        ],
                        max_length=16,
                    ),
                ),
                migrations.AlterField(
                    model_name="place",
                    name="kind",
                    field=models.CharField(
                        choices=[
                            ("VAULT", "Safe"),
                            ("REGISTER", "Register"),
                            ("CUSTOMERS", "Customers"),
                            ("OUTSIDE", "Outside"),
                            ("BANK", "Bank"),
                            ("CLEARING", "Clearing"),
                            ("OVER_SHORT", "Over/short"),
                            ("OPENING", "Opening"),
                        ],
                        max_length=16,
                    ),
                ),
                migrations.AddConstraint(
                    model_name="movement",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "FLOAT",
                                    "SALE",
                                    "REFUND",
                                    "PAID_IN",
                                    "PAID_OUT",
                                    "DROP",
                                    "LOAN",
                                    "RETURN",
                                    "DEPOSIT",
                                    "WITHDRAWAL",
                                    "OVER_SHORT",
                                    "OPENING_BALANCE",
                                    "CLEARING",
                                    "PAYOUT",
                                    "FEE",
                                ],
                            )
                        ),
                        name="movement_kind_is_known",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="movement",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ("kind__in", ("CLEARING", "PAYOUT", "FEE")), ("method", "CASH"), _negated=True
                        ),
                        name="movement_never_of_cash",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="place",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "VAULT",
                                    "REGISTER",
                                    "CUSTOMERS",
                                    "OUTSIDE",
                                    "BANK",
                                    "CLEARING",
                                    "OVER_SHORT",
                                    "OPENING",
                                ],
                            )
                        ),
                        name="place_kind_is_known",
                    ),
                ),
            ]
        ),
        migrations.RunPython(change_constraints, change_constraints_back),
    ]
