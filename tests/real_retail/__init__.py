"""Proof with a real year of trade: a grocery chain's 2017, played through the published APIs and added up from its
source.

Nothing here shares code with the product: the player uses only HTTP, and the expected balances are sums of the chain's
own baskets. ``make real-retail`` plays the whole year; the suite plays some days of the extract.
"""
