"""Expected cash, reconciliations, business days and sign-off stand here, over everything below."""
