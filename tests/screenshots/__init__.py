"""Contact sheets of the whole product: every page, in the demonstration world, photographed by a real browser."""
