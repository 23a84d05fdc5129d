"""The settlements API, and our own APIs for movements, deposits, registers and reports."""
