"""The laws of settlements as the database holds them (docs/structure.md, section 2); `cashdesk.triggers` installs them."""

from typing import Final

from cashdesk.trigger_statements import Laws
from cashdesk.triggers import lay_down

_OF_OTHER_STATE: Final = "NOT EXISTS (SELECT 1 FROM settlements_settlement WHERE id = NEW.settlement_id AND {})"

lay_down(
    Laws(
        app="settlements",
        never_changed=("initialamount", "closingamount", "settlementcount"),
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
            "deposit": ("OLD.state = 'CREDITED'", "a credited deposit never changes"),
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
            "changeorder": {
                "a change order begins ordered": "NEW.state <> 'ORDERED'",
            },
        },
    )
)  # fmt: skip
