"""Tests of the reconciliations app, file by file."""
