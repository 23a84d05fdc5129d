"""One file per part of the reconciliations API."""
