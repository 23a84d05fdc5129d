"""Kinds of discrepancies (docs/contracts.md, section 3), and as data: what may be done with a variance in which state."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from django.db import models
from django.utils.translation import gettext_noop as noop

from cashdesk.enums import VarianceState


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


class Act(models.TextChoices):
    """What people do with a variance; each leaves an event."""

    EXPLAIN = "EXPLAIN", "Explain"
    WITNESS = "WITNESS", "Witness"
    RECOUNT = "RECOUNT", "Recount"
    APPROVE = "APPROVE", "Approve"
    REJECT = "REJECT", "Reject"
    ESCALATE = "ESCALATE", "Escalate"
    SUPERSEDE = "SUPERSEDE", "Supersede"


_S = VarianceState
ACTS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        _S.OPEN: MappingProxyType(
            {
                Act.EXPLAIN: _S.EXPLAINED,
                Act.WITNESS: _S.OPEN,
                Act.RECOUNT: _S.OPEN,
                Act.ESCALATE: _S.ESCALATED,
                Act.SUPERSEDE: _S.SUPERSEDED,
            }
        ),
        _S.EXPLAINED: MappingProxyType(
            {
                Act.EXPLAIN: _S.EXPLAINED,
                Act.WITNESS: _S.EXPLAINED,
                Act.RECOUNT: _S.EXPLAINED,
                Act.APPROVE: _S.APPROVED,
                Act.REJECT: _S.REJECTED,
                Act.ESCALATE: _S.ESCALATED,
                Act.SUPERSEDE: _S.SUPERSEDED,
            }
        ),
        _S.REJECTED: MappingProxyType(
            {
                Act.EXPLAIN: _S.EXPLAINED,
                Act.WITNESS: _S.REJECTED,
                Act.RECOUNT: _S.REJECTED,
                Act.ESCALATE: _S.ESCALATED,
                Act.SUPERSEDE: _S.SUPERSEDED,
            }
        ),
        _S.ESCALATED: MappingProxyType(
            {
                Act.EXPLAIN: _S.ESCALATED,
                Act.WITNESS: _S.ESCALATED,
                Act.RECOUNT: _S.ESCALATED,
                Act.APPROVE: _S.APPROVED,
                Act.REJECT: _S.REJECTED,
                Act.SUPERSEDE: _S.SUPERSEDED,
            }
        ),
        _S.APPROVED: MappingProxyType({}),
        _S.SUPERSEDED: MappingProxyType({}),
    }
)
"""Per state what may be done, and the state that follows. What is escalated is explained into ESCALATED, whatever the
table says: an admin decides it (`domain.variance`)."""


class DayRule(models.IntegerChoices):
    """How the system amount of a reconciliation was worked out. A recorded figure keeps its rule; new ones have the last."""

    MOVEMENTS = 1, "The day's movements, by who sold; nothing was carried over"
    CUSTODY = 2, "With what was carried over, by who held the drawer"


class FileFormat(models.TextChoices):
    """As what a table is exported."""

    CSV = "csv", "CSV"
    XLSX = "xlsx", "Excel (XLSX)"


class ExportState(models.TextChoices):
    """How an export went. BROKEN_OFF: nobody took the rest of the file, or the server was stopped."""

    RUNNING = "RUNNING", noop("Running")
    DONE = "DONE", noop("Done")
    BROKEN_OFF = "BROKEN_OFF", noop("Broken off")
    FAILED = "FAILED", noop("Failed")


class AuthorizationState(models.TextChoices):
    """Whether an authorization may still be used."""

    USABLE = "USABLE", "Usable"
    USED = "USED", "Used"
    EXPIRED = "EXPIRED", "Expired"
