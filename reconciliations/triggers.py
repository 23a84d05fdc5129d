"""The laws for reconciliations as database triggers (docs/structure.md, section 2). `cashdesk.triggers` installs them."""

from cashdesk.trigger_statements import Laws
from cashdesk.triggers import register_laws

register_laws(
    Laws(
        app="reconciliations",
        never_changed=("reconciliation", "authorization", "varianceevent", "repayment", "storedayreport"),
        also_never_deleted=("export",),
        frozen={
            "reportmail": (("store_id", "person_id"), "the mails of a person stay with that person and store"),
            "export": (
                (
                    "uuid", "table", "store_id", "first_date", "last_date", "file_format", "requested_by",
                    "requested_by_user_id", "requested_with_id", "begun_at", "rows_total",
                ),
                "who exported what never changes",
            ),
            # Facts can be counted again from the books, so verify does not look at them.
            "closefacts": (
                ("session_id", "is_own", "sales", "no_sales", "refunds", "paid_outs"),
                "what happened until a close never changes",
            ),
            # A year after the review of people their evidence is deleted. Until then it stays as it was made.
            "patternmonth": (
                ("store_id", "month", "group", "closes", "family", "made_at"),
                "the evidence of a month never changes",
            ),
            "patternevidence": (
                ("month_id", "label", "closes", "compared", "peers", "logs", "parts"),
                "the evidence of a month never changes",
            ),
        },
        final={"export": ("OLD.state <> 'RUNNING'", "an export that has ended never changes")},
        refused={
            "varianceevent": {
                "what corrects a variance is of its store": """
                    NEW.movement_id IS NOT NULL AND NOT EXISTS (
                        SELECT 1 FROM cashdesk_variance variance, cashdesk_movement movement
                        WHERE variance.id = NEW.variance_id AND movement.id = NEW.movement_id
                          AND movement.store_id = variance.store_id
                    )
                """,
                "with four eyes, who explained a variance does not approve it": """
                    NEW.act = 'APPROVE' AND EXISTS (
                        SELECT 1 FROM cashdesk_variance variance
                        JOIN cashdesk_store store ON store.id = variance.store_id
                        WHERE variance.id = NEW.variance_id AND store.four_eyes
                          AND variance.decided_by_id = variance.explained_by_id
                    )
                """,
            },
            "repayment": {
                "a repayment is cash paid in for a shortage of its store": """
                    NOT EXISTS (
                        SELECT 1 FROM cashdesk_variance variance, cashdesk_movement movement
                        WHERE variance.id = NEW.variance_id AND movement.id = NEW.movement_id
                          AND movement.store_id = variance.store_id AND movement.kind = 'PAID_IN'
                          AND movement.method = variance.method AND movement.currency = variance.currency
                          AND variance.difference < 0
                    )
                """,
            },
            "storedayreport": {
                "a report is of a closed day of its store": """
                    NOT EXISTS (
                        SELECT 1 FROM cashdesk_businessday WHERE id = NEW.day_id AND store_id = NEW.store_id
                    )
                """,
                "the numbers of the reports of a store have no gap": """
                    NEW.number <> 1 AND NOT EXISTS (
                        SELECT 1 FROM reconciliations_storedayreport earlier
                        WHERE earlier.store_id = NEW.store_id AND earlier.number = NEW.number - 1
                          AND earlier.digest = NEW.previous_digest
                    )
                """,
            },
            "reconciliation": {
                "an authorization is of the store": """
                    NEW.authorization_id IS NOT NULL AND NOT EXISTS (
                        SELECT 1 FROM reconciliations_authorization
                        WHERE id = NEW.authorization_id AND store_id = NEW.store_id
                    )
                """,
                "one takes the place of another of its own scope": """
                    NEW.supersedes_id IS NOT NULL AND NOT EXISTS (
                        SELECT 1 FROM reconciliations_reconciliation earlier
                        WHERE earlier.id = NEW.supersedes_id AND earlier.store_id = NEW.store_id
                          AND earlier.business_date = NEW.business_date AND earlier.currency = NEW.currency
                          AND COALESCE(earlier.operator_id, 0) = COALESCE(NEW.operator_id, 0)
                    )
                """,
            },
        },
    )
)  # fmt: skip
