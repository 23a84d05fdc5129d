"""Who asks, and the audit trail of what they did."""
