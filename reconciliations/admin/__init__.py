"""The admin of reconciliations: declarations, authorizations, business days, exports and the variance queue."""

from reconciliations.admin import authorization, business_day, export, reconciliation, variance

__all__ = ["authorization", "business_day", "export", "reconciliation", "variance"]
