"""Helpers for the forms on pages of every app: submit once, drafts, count sheets, second looks and refusals."""
