"""The kit for forms on pages, used by every app: submit once, drafts, count sheets, second looks and refusals."""
