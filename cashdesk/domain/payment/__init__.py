"""Payments that a point of sale reports: how they are checked, matched to a register, stored and booked."""
