"""Django's PostgreSQL backend, which fails fast while no connection can be made."""
