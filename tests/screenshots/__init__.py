"""Contact sheets of the whole product: a real browser photographs every page of the demonstration world."""
