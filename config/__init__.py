"""Settings, URLs, the WSGI application and the gunicorn worker."""
