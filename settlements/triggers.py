"""The laws for settlements as database triggers (docs/structure.md, section 2). `cashdesk.triggers` installs them."""

from typing import Final

from cashdesk.trigger_statements import Laws
from cashdesk.triggers import register_laws

_OF_OTHER_STATE: Final = "NOT EXISTS (SELECT 1 FROM settlements_settlement WHERE id = NEW.settlement_id AND {})"

register_laws(
    Laws(
        app="settlements",
        never_changed=("initialamount", "closingamount", "settlementcount", "creditcorrection", "payout"),
        also_never_deleted=("settlement", "deposit", "changeorder", "cashbookaccount"),
        frozen={
            "settlement": (
                (
                    "uuid", "store_id", "place_id", "type", "business_date", "opened_after", "opened_after_z", "opened_at",
                    "opened_by_id", "opened_by_name",
                ),
                "who opened which settlement, where and when never changes",
            ),
            "deposit": (
                (
                    "uuid", "store_id", "movement_id", "bag_number", "slip_number", "prepared_at", "prepared_by_id",
                    "pieces",
                ),
                "which bag was packed, by whom and when never changes",
            ),
            "changeorder": (
                (
                    "uuid", "store_id", "currency", "amount", "pieces", "wanted_on", "note", "ordered_at", "ordered_by_id",
                ),
                "what was ordered, by whom and when never changes",
            ),
            "cashbookaccount": (
                ("store_id", "type", "direction", "code"),
                "what a reason code means never changes: movements carry it",
            ),
        },
        final={
            "settlement": ("OLD.state = 'CLOSED'", "a closed settlement never changes"),
            "deposit": ("OLD.state IN ('CREDITED', 'CANCELLED')", "a credited or cancelled deposit never changes"),
            "changeorder": ("OLD.state <> 'ORDERED'", "a change order that arrived or was cancelled never changes"),
        },
        refused={
            "settlement": {
                "the place of a settlement is of its store and type": """
                    NOT EXISTS (
                        SELECT 1 FROM cashdesk_place
                        WHERE id = NEW.place_id AND store_id = NEW.store_id
                          AND (
                              (kind = 'VAULT' AND NEW.type = 'VAULT')
                              OR (kind = 'REGISTER' AND NEW.type = 'CASHREGISTER')
                          )
                    )
                """,
                "a settlement begins open": "NEW.state <> 'OPEN'",
            },
            "initialamount": {
                "opening amounts are written at the opening": _OF_OTHER_STATE.format(
                    "state = 'OPEN' AND preview_count = 0"
                ),
            },
            "closingamount": {
                "closing amounts are written with the close": _OF_OTHER_STATE.format("state <> 'CLOSED'"),
            },
            "deposit": {
                "a deposit is a movement of its store to the bank": """
                    NOT EXISTS (
                        SELECT 1 FROM cashdesk_movement
                        WHERE id = NEW.movement_id AND store_id = NEW.store_id AND kind = 'DEPOSIT'
                          AND reverses_id IS NULL
                    )
                """,
            },
            "payout": {
                "a payout has movements of its store out of clearing": """
                    NOT EXISTS (
                        SELECT 1 FROM cashdesk_movement
                        WHERE id = NEW.movement_id AND store_id = NEW.store_id AND kind = 'PAYOUT'
                          AND reverses_id IS NULL
                    ) OR (
                        NEW.fee_movement_id IS NOT NULL AND NOT EXISTS (
                            SELECT 1 FROM cashdesk_movement fee, cashdesk_movement paid
                            WHERE fee.id = NEW.fee_movement_id AND paid.id = NEW.movement_id AND fee.kind = 'FEE'
                              AND fee.store_id = NEW.store_id AND fee.currency = paid.currency
                              AND fee.method = paid.method AND fee.reverses_id IS NULL
                        )
                    )
                """,
            },
            "creditcorrection": {
                "a correction follows from the figure before it": """
                    NOT EXISTS (
                        SELECT 1 FROM settlements_deposit deposit
                        JOIN cashdesk_movement packed ON packed.id = deposit.movement_id
                        WHERE deposit.id = NEW.deposit_id AND deposit.state = 'CREDITED'
                          AND NEW.difference = NEW.corrected_to - packed.amount
                          AND NEW.corrected_from = COALESCE(
                              (
                                  SELECT corrected_to FROM settlements_creditcorrection
                                  WHERE deposit_id = NEW.deposit_id AND number = NEW.number - 1
                              ),
                              CASE WHEN NEW.number = 1 THEN deposit.credited_amount END
                          )
                    )
                """,
                "a credit is corrected by another person": """
                    EXISTS (
                        SELECT 1 FROM settlements_deposit WHERE id = NEW.deposit_id AND credited_by_id = NEW.corrected_by_id
                    )
                    OR EXISTS (
                        SELECT 1 FROM settlements_creditcorrection
                        WHERE deposit_id = NEW.deposit_id AND number = NEW.number - 1
                          AND corrected_by_id = NEW.corrected_by_id
                    )
                """,
                "the movement of a correction is its change, between bank and over/short": """
                    NOT EXISTS (
                        SELECT 1 FROM cashdesk_movement moved
                        JOIN cashdesk_place source ON source.id = moved.source_id
                        JOIN cashdesk_place destination ON destination.id = moved.destination_id
                        JOIN settlements_deposit deposit ON deposit.id = NEW.deposit_id
                        WHERE moved.id = NEW.movement_id AND moved.store_id = deposit.store_id
                          AND moved.kind = 'OVER_SHORT' AND moved.reverses_id IS NULL
                          AND (
                              (
                                  source.kind = 'OVER_SHORT' AND destination.kind = 'BANK'
                                  AND moved.amount = NEW.corrected_to - NEW.corrected_from
                              )
                              OR (
                                  source.kind = 'BANK' AND destination.kind = 'OVER_SHORT'
                                  AND moved.amount = NEW.corrected_from - NEW.corrected_to
                              )
                          )
                    )
                """,
            },
            "changeorder": {
                "a change order begins ordered": "NEW.state <> 'ORDERED'",
            },
        },
    )
)  # fmt: skip
