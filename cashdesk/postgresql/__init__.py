"""Django's PostgreSQL backend, made to fail fast while the server is unreachable."""
