"""One file per noun; imported here so that Django finds every model."""

from reconciliations.models.authorization import Authorization
from reconciliations.models.export import Export
from reconciliations.models.reconciliation import Reconciliation
from reconciliations.models.variance_event import VarianceEvent

__all__ = ["Authorization", "Export", "Reconciliation", "VarianceEvent"]
