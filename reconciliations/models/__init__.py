"""The models, one file per noun. Imported here so that Django finds them all."""

from reconciliations.models.authorization import Authorization
from reconciliations.models.export import Export
from reconciliations.models.pattern import CloseFacts, PatternEvidence, PatternMonth, PatternSetting
from reconciliations.models.reconciliation import Reconciliation
from reconciliations.models.repayment import Repayment
from reconciliations.models.report_mail import ReportMail
from reconciliations.models.store_day_report import StoreDayReport
from reconciliations.models.variance_event import VarianceEvent
from reconciliations.models.variance_view import VarianceView

__all__ = [
    "Authorization",
    "CloseFacts",
    "Export",
    "PatternEvidence",
    "PatternMonth",
    "PatternSetting",
    "Reconciliation",
    "Repayment",
    "ReportMail",
    "StoreDayReport",
    "VarianceEvent",
    "VarianceView",
]
