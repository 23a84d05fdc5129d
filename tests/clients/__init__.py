"""Clients that generators make of the API description, and requests that nobody would write by hand."""
