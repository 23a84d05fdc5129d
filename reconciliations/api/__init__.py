"""The reconciliations API, and our own APIs for business days, variances and exports."""
