"""The kit for the back office, used by every app: base classes, action pages, columns and scopes."""
