"""Exports of tables as files: their columns, how the rows are read, and how the files are written."""
