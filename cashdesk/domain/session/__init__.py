"""The life of a cash session."""
