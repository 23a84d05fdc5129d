"""Tests of the APIs of the reconciliations app."""
