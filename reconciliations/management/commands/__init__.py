"""The `manage.py` commands, one per file."""
