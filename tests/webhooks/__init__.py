"""Tests of webhooks and of outgoing requests."""
