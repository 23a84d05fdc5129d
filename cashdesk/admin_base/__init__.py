"""Helpers for the admin pages of every app: base classes, action pages, columns and scopes."""
