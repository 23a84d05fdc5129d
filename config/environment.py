"""Checks the environment variables that production requires."""

import environ

DEVELOPMENT_SECRET_KEY = "development-only-and-refused-in-production-0123456789"  # noqa: S105 (public on purpose)
SECRET_KEY_LENGTH_MIN = 50
SAME_SITE = ("Lax", "Strict", "None")
"""The values of a cookie's SameSite attribute."""
REFRESH_GRACE_MAX = 60
"""The most seconds in which a refresh token may be sent again."""


def production_faults(env: environ.Env) -> list[str]:
    """Returns one sentence per missing or unsafe variable. The list is empty if production may start."""
    faults = []
    secret_key = env.str("SECRET_KEY", default="")
    if not secret_key:
        faults.append("SECRET_KEY is missing: give a random text of 50 characters or more.")
    elif secret_key == DEVELOPMENT_SECRET_KEY or len(secret_key) < SECRET_KEY_LENGTH_MIN or len(set(secret_key)) < 5:
        faults.append("SECRET_KEY is the development key, or too short: give a random text of 50 characters or more.")
    hosts = env.list("ALLOWED_HOSTS", default=[])
    if not hosts:
        faults.append("ALLOWED_HOSTS is missing: name the hosts that serve Cashdesk, separated by commas.")
    elif "*" in hosts:
        faults.append("ALLOWED_HOSTS is '*': name the hosts that serve Cashdesk, separated by commas.")
    database_url = env.str("DATABASE_URL", default="")
    if not database_url:
        faults.append(
            "DATABASE_URL is missing: postgres://user:password@host:5432/name, or sqlite:////path/file.sqlite3."
        )
    elif not database_url.startswith(("postgres://", "postgresql://", "psql://", "sqlite://")):
        faults.append("DATABASE_URL begins with an unknown scheme: it takes postgres:// or sqlite://.")
    if env.str("DEBUG", default="").lower() in ("1", "true", "yes", "on"):
        faults.append("DEBUG is on: leave it out, it shows secrets on error pages.")
    return faults
