"""The enums of reconciliations."""

from enum import StrEnum

from django.db import models
from django.utils.translation import gettext_noop as noop


class DiscrepancyType(models.TextChoices):
    """The direction of a discrepancy (docs/contracts.md, section 3)."""

    MATCH = "MATCH", noop("Match")
    SHORTAGE = "SHORTAGE", noop("Shortage")
    OVERAGE = "OVERAGE", noop("Overage")

    @classmethod
    def of(cls, discrepancy: int) -> "DiscrepancyType":
        """Returns the type of a discrepancy (declared minus system)."""
        return cls.MATCH if discrepancy == 0 else cls.SHORTAGE if discrepancy < 0 else cls.OVERAGE


class DayState(models.TextChoices):
    """The state of a business day."""

    OPEN = "OPEN", noop("Open")
    CLOSED = "CLOSED", noop("Closed")


class OrderState(StrEnum):
    """The state of an order. The payments of the order decide it."""

    COMPLETED = "COMPLETED"
    OPEN = "OPEN"
    CANCELLED = "CANCELLED"
    FORCE_CLOSED = "FORCE_CLOSED"


class Act(models.TextChoices):
    """The actions on a variance. Each one creates an event."""

    EXPLAIN = "EXPLAIN", noop("Explain")
    WITNESS = "WITNESS", noop("Witness")
    RECOUNT = "RECOUNT", noop("Recount")
    APPROVE = "APPROVE", noop("Approve")
    REJECT = "REJECT", noop("Reject")
    ESCALATE = "ESCALATE", noop("Escalate")
    SUPERSEDE = "SUPERSEDE", noop("Supersede")


class Direction(models.TextChoices):
    """The direction of a difference, as a filter of the list of variances."""

    SHORT = "short", noop("Short")
    OVER = "over", noop("Over")


class Age(models.TextChoices):
    """How long ago a variance arose, as a filter: up to so many days, or longer."""

    LAST_DAY = "to-1", noop("Last 24 hours")
    LAST_WEEK = "to-7", noop("Last 7 days")
    LAST_MONTH = "to-31", noop("Last 31 days")
    LAST_QUARTER = "to-92", noop("Last 92 days")
    OVER_A_DAY = "over-1", noop("Older than 1 day")
    OVER_A_WEEK = "over-7", noop("Older than 7 days")
    OVER_A_MONTH = "over-31", noop("Older than 31 days")

    @property
    def days(self) -> int:
        """The number of days at which the filter cuts."""
        return int(self.value.partition("-")[2])

    @property
    def is_older(self) -> bool:
        """Whether it finds the variances before the cut, instead of those after it."""
        return self.value.startswith("over")


class VarianceSort(models.TextChoices):
    """The orders of the list of variances."""

    OLDEST = "oldest", noop("Oldest first")
    NEWEST = "newest", noop("Newest first")
    SHORTAGE = "shortage", noop("Largest shortage first")
    OVERAGE = "overage", noop("Largest overage first")
    PERSON = "person", noop("By person")
    REGISTER = "register", noop("By register")


class DayAct(StrEnum):
    """The action on a business day."""

    CLOSE = "CLOSE"


class DayRule(models.IntegerChoices):
    """The rule by which a system amount was calculated. Recorded figures keep their rule. New figures use CUSTODY."""

    MOVEMENTS = 1, noop("The day's movements, by who sold; nothing was carried over")
    CUSTODY = 2, noop("With what was carried over, by who held the drawer")


class FileFormat(models.TextChoices):
    """The file formats of an export."""

    CSV = "csv", noop("CSV")
    XLSX = "xlsx", noop("Excel (XLSX)")


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

    USABLE = "USABLE", noop("Usable")
    USED = "USED", noop("Used")
    EXPIRED = "EXPIRED", noop("Expired")


class PatternGroup(models.TextChoices):
    """How patterns group the closes of a store. `reconciliations.patterns` uses the same values."""

    CASHIER = "cashier", noop("Cashier")
    REGISTER = "register", noop("Register")
    WEEKDAY = "weekday", noop("Weekday")


class MailRhythm(models.TextChoices):
    """How often a person gets the store-day reports of a store by mail."""

    NEVER = "NEVER", noop("Never")
    EACH_CLOSE = "CLOSE", noop("After each closed day")
    WEEKLY = "WEEKLY", noop("On Mondays, those of the week")
    MONTHLY = "MONTHLY", noop("On the first of a month, those of the month")
