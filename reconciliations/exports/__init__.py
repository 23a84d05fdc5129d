"""Tables as files: what is in them, how they are read, and how they are written."""
