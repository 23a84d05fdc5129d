"""Tests of the pages of the reconciliations app."""
