"""Django's PostgreSQL backend, changed so that requests fail fast while the server is unreachable."""
