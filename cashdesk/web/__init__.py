"""Adapters between Django REST framework and the domain: authentication, errors, JSON, idempotency. No business rules."""
