"""Cash sessions: opening, handover, closing, and counts afterwards."""
