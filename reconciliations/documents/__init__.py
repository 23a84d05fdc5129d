"""Documents of whole days and ranges of days: which figures stand where, and in which words."""
