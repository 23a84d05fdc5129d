"""Adapters between HTTP and the domain: authentication, errors, JSON, idempotency. They contain no business rules."""
