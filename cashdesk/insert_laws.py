"""The conditions on which the database refuses a new row of this app, by table and error message."""

from typing import Final

INSERT_LAWS: Final = {
    "movement": {
        "both places of a movement belong to its store": """
            (
                SELECT COUNT(*) FROM cashdesk_place
                WHERE id IN (NEW.source_id, NEW.destination_id) AND store_id = NEW.store_id
            ) <> 2
        """,
        "a reversal mirrors what it reverses, once": """
            NEW.reverses_id IS NOT NULL AND NOT EXISTS (
                SELECT 1 FROM cashdesk_movement original
                WHERE original.id = NEW.reverses_id AND original.reverses_id IS NULL
                  AND original.amount = NEW.amount AND original.currency = NEW.currency
                  AND original.method = NEW.method AND original.kind = NEW.kind
                  AND original.store_id = NEW.store_id
                  AND (
                      original.destination_id = NEW.source_id
                      OR (NEW.is_late AND EXISTS (
                          SELECT 1 FROM cashdesk_place counted, cashdesk_place over_short
                          WHERE counted.id = original.destination_id AND counted.kind IN ('REGISTER', 'VAULT')
                            AND over_short.id = NEW.source_id AND over_short.kind = 'OVER_SHORT'
                      ))
                  )
                  AND (
                      original.source_id = NEW.destination_id
                      OR (NEW.is_late AND EXISTS (
                          SELECT 1 FROM cashdesk_place counted, cashdesk_place over_short
                          WHERE counted.id = original.source_id AND counted.kind IN ('REGISTER', 'VAULT')
                            AND over_short.id = NEW.destination_id AND over_short.kind = 'OVER_SHORT'
                      ))
                  )
            )
        """,
        "a movement of a session belongs to the store of the session": """
            NEW.session_id IS NOT NULL AND NOT EXISTS (
                SELECT 1 FROM cashdesk_cashsession WHERE id = NEW.session_id AND store_id = NEW.store_id
            )
        """,
        "money goes to clearing from a register, and from there to the bank or outside": """
            NEW.kind IN ('CLEARING', 'PAYOUT', 'FEE') AND NOT EXISTS (
                SELECT 1 FROM cashdesk_place source, cashdesk_place destination
                WHERE source.id = CASE WHEN NEW.reverses_id IS NULL THEN NEW.source_id ELSE NEW.destination_id END
                  AND destination.id = CASE WHEN NEW.reverses_id IS NULL THEN NEW.destination_id ELSE NEW.source_id END
                  AND (NEW.kind, source.kind, destination.kind) IN (
                      VALUES ('CLEARING', 'REGISTER', 'CLEARING'), ('CLEARING', 'CLEARING', 'REGISTER'),
                      ('PAYOUT', 'CLEARING', 'BANK'), ('FEE', 'CLEARING', 'OUTSIDE')
                  )
            )
        """,
        "a movement is late for a place of its store": """
            NEW.late_for_id IS NOT NULL AND NOT EXISTS (
                SELECT 1 FROM cashdesk_place WHERE id = NEW.late_for_id AND store_id = NEW.store_id
            )
        """,
    },
    "cashsession": {
        "the register of a session belongs to its store": """
            NOT EXISTS (
                SELECT 1 FROM cashdesk_place
                WHERE id = NEW.register_id AND store_id = NEW.store_id AND kind = 'REGISTER'
            )
        """,
    },
}
