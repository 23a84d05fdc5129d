"""The back office of reconciliations: declarations, permissions, business days and the variance queue."""

from reconciliations.admin import authorization, business_day, reconciliation, variance

__all__ = ["authorization", "business_day", "reconciliation", "variance"]
