"""The enums of reconciliations."""

from enum import StrEnum

from django.db import models
from django.utils.translation import gettext_noop as noop


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
