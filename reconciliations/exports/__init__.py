"""Exports tables as files: defines their columns, reads their rows and writes the files."""
