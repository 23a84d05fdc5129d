"""Reasons and kinds of discrepancies (docs/contracts.md, section 3)."""

from django.db import models


class Reason(models.TextChoices):
    """Why declared and system cash differ: the seven of the page."""

    WRONG_CHANGE_GIVEN = "WRONG_CHANGE_GIVEN", "Wrong change given"
    COUNTING_ERROR = "COUNTING_ERROR", "Counting error"
    INCOMPLETE_CUSTOMER_PAYMENT = "INCOMPLETE_CUSTOMER_PAYMENT", "Incomplete customer payment"
    MINOR_UNIDENTIFIED_DIFFERENCE = "MINOR_UNIDENTIFIED_DIFFERENCE", "Minor unidentified difference"
    THEFT_SUSPECTED = "THEFT_SUSPECTED", "Theft suspected"
    UNRECORDED_PAYMENT = "UNRECORDED_PAYMENT", "Unrecorded payment"
    OTHER = "OTHER", "Other"


class DiscrepancyType(models.TextChoices):
    """Which way a discrepancy goes."""

    MATCH = "MATCH", "Match"
    SHORTAGE = "SHORTAGE", "Shortage"
    OVERAGE = "OVERAGE", "Overage"

    @classmethod
    def of(cls, discrepancy: int) -> "DiscrepancyType":
        """Returns the type of declared minus system."""
        return cls.MATCH if discrepancy == 0 else cls.SHORTAGE if discrepancy < 0 else cls.OVERAGE


class DayState(models.TextChoices):
    """Whether a business day was closed."""

    OPEN = "OPEN", "Open"
    CLOSED = "CLOSED", "Closed"
