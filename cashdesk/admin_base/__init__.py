"""The kit for the admin, used by every app: base classes, action pages, columns and scopes."""
