"""Cash sessions: opening, handover, closing, and counts after the close."""
