"""The caller of a function, the rows that the caller may see, and the audit trail of the caller's actions."""
