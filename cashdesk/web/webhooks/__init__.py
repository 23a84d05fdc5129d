"""Webhooks: endpoints with their secrets, the events on their way, and the sender.

They are not part of the domain: they carry events to other systems and decide nothing about money.
"""
