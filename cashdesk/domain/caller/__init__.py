"""The caller of a function, what they may see, and the audit trail of what they did."""
