"""The published APIs of this app, one file for each API."""
