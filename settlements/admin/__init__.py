"""The back office of settlements: read the periods, the reasons of the cashbook and the bags for the bank."""

from settlements.admin import cashbook, deposit, place, seal, settlement

__all__ = ["cashbook", "deposit", "place", "seal", "settlement"]
