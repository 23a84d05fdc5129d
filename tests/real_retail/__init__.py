"""A real shop's year as proof: a grocery chain's 2017 played through the published APIs and re-added from its source.

Nothing here shares code with what it checks: the player speaks HTTP only, and what the ledger ought to hold is summed
from the chain's own baskets. ``make real-retail`` plays the whole year; the suite plays some days of the kept extract.
"""
