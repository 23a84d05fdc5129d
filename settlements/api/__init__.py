"""One file per part of the settlements API."""
