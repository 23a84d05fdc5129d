"""The back office of settlements: read the periods, the reasons of the cashbook, the bags for the bank and the orders for
change.
"""

from settlements.admin import cashbook, change_order, deposit, movement, place, seal, settlement

__all__ = ["cashbook", "change_order", "deposit", "movement", "place", "seal", "settlement"]
