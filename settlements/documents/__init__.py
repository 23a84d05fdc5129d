"""Documents of periods and of the safe: which figures stand where, and in which words."""
