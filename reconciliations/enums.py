"""The enums of reconciliations, and `FLOW`: the actions that each state allows."""

from enum import StrEnum
from typing import Final

from django.db import models
from django.utils.translation import gettext_noop as noop

from cashdesk.enums import VarianceState
from cashdesk.transitions import flow_of


class DiscrepancyType(models.TextChoices):
    """The direction of a discrepancy (docs/contracts.md, section 3)."""

    MATCH = "MATCH", "Match"
    SHORTAGE = "SHORTAGE", "Shortage"
    OVERAGE = "OVERAGE", "Overage"

    @classmethod
    def of(cls, discrepancy: int) -> "DiscrepancyType":
        """Returns the type of a discrepancy (declared minus system)."""
        return cls.MATCH if discrepancy == 0 else cls.SHORTAGE if discrepancy < 0 else cls.OVERAGE


class DayState(models.TextChoices):
    """The state of a business day."""

    OPEN = "OPEN", "Open"
    CLOSED = "CLOSED", "Closed"


class OrderState(StrEnum):
    """The state of an order. The payments of the order decide it."""

    COMPLETED = "COMPLETED"
    OPEN = "OPEN"
    CANCELLED = "CANCELLED"
    FORCE_CLOSED = "FORCE_CLOSED"


class Act(models.TextChoices):
    """The actions on a variance. Each one creates an event."""

    EXPLAIN = "EXPLAIN", "Explain"
    WITNESS = "WITNESS", "Witness"
    RECOUNT = "RECOUNT", "Recount"
    APPROVE = "APPROVE", "Approve"
    REJECT = "REJECT", "Reject"
    ESCALATE = "ESCALATE", "Escalate"
    SUPERSEDE = "SUPERSEDE", "Supersede"


class DayAct(StrEnum):
    """The action on a business day."""

    CLOSE = "CLOSE"


class DayRule(models.IntegerChoices):
    """The rule by which a system amount was calculated. Recorded figures keep their rule. New figures use CUSTODY."""

    MOVEMENTS = 1, "The day's movements, by who sold; nothing was carried over"
    CUSTODY = 2, "With what was carried over, by who held the drawer"


class FileFormat(models.TextChoices):
    """The file formats of an export."""

    CSV = "csv", "CSV"
    XLSX = "xlsx", "Excel (XLSX)"


class ExportState(models.TextChoices):
    """The states of an export. BROKEN_OFF: the client stopped reading the file, or the server was stopped."""

    RUNNING = "RUNNING", noop("Running")
    DONE = "DONE", noop("Done")
    BROKEN_OFF = "BROKEN_OFF", noop("Interrupted")
    FAILED = "FAILED", noop("Failed")


class ExportAct(StrEnum):
    """The ways in which an export ends."""

    FINISH = "FINISH"
    BREAK_OFF = "BREAK_OFF"
    FAIL = "FAIL"


class AuthorizationState(models.TextChoices):
    """The states of an authorization."""

    USABLE = "USABLE", "Usable"
    USED = "USED", "Used"
    EXPIRED = "EXPIRED", "Expired"


_S = VarianceState
_EXPLAINED: Final = (_S.EXPLAINED, _S.ESCALATED)
"""A variance that is escalated stays ESCALATED until an admin decides it (`domain.variance_acts`)."""

FLOW: Final = flow_of(
    {
        "variance": {
            _S.OPEN: {
                Act.EXPLAIN: _EXPLAINED,
                Act.WITNESS: _S.OPEN,
                Act.RECOUNT: _S.OPEN,
                Act.ESCALATE: _S.ESCALATED,
                Act.SUPERSEDE: _S.SUPERSEDED,
            },
            _S.EXPLAINED: {
                Act.EXPLAIN: _EXPLAINED,
                Act.WITNESS: _EXPLAINED,
                Act.RECOUNT: _EXPLAINED,
                Act.APPROVE: _S.APPROVED,
                Act.REJECT: _S.REJECTED,
                Act.ESCALATE: _S.ESCALATED,
                Act.SUPERSEDE: _S.SUPERSEDED,
            },
            _S.REJECTED: {
                Act.EXPLAIN: _EXPLAINED,
                Act.WITNESS: _S.REJECTED,
                Act.RECOUNT: _S.REJECTED,
                Act.ESCALATE: _S.ESCALATED,
                Act.SUPERSEDE: _S.SUPERSEDED,
            },
            _S.ESCALATED: {
                Act.EXPLAIN: _S.ESCALATED,
                Act.WITNESS: _S.ESCALATED,
                Act.RECOUNT: _S.ESCALATED,
                Act.APPROVE: _S.APPROVED,
                Act.REJECT: _S.REJECTED,
                Act.SUPERSEDE: _S.SUPERSEDED,
            },
            _S.APPROVED: {},
            _S.SUPERSEDED: {},
        },
        "business day": {
            DayState.OPEN: {DayAct.CLOSE: DayState.CLOSED},
            DayState.CLOSED: {},
        },
        "export": {
            ExportState.RUNNING: {
                ExportAct.FINISH: ExportState.DONE,
                ExportAct.BREAK_OFF: ExportState.BROKEN_OFF,
                ExportAct.FAIL: ExportState.FAILED,
            },
            ExportState.DONE: {},
            ExportState.BROKEN_OFF: {},
            ExportState.FAILED: {},
        },
    }
)
"""The actions that each state of a noun allows, and the states that follow (`cashdesk.transitions`)."""
