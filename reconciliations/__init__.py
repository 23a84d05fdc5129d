"""Expected cash, reconciliations, business days and the sign-off of variances, on top of the other apps."""
