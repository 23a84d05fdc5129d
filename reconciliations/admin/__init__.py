"""The back office of reconciliations and of the variance queue, one file per noun."""

from reconciliations.admin.variance import VarianceAdmin

__all__ = ["VarianceAdmin"]
