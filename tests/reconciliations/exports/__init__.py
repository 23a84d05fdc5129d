"""Tests of the export files of the reconciliations app."""
