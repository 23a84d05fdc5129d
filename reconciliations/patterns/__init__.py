"""The statistics of over and short (docs/patterns.md): pure functions without Django. No booked amount comes from here."""
