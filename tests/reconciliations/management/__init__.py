"""Tests of the management commands of the reconciliations app."""
