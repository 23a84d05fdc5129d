"""Pages for exports and recounts."""
