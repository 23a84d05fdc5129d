"""System checks of the settings of payment gateway and mail, and of the database.

The checks of the database concern its encoding, and stores in withdrawn currencies.
"""

from collections.abc import Iterable
from email.utils import parseaddr
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit

from django.apps import apps
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import timezone

from cashdesk.currencies import EXPONENTS, is_current


@register(Tags.database)
def check_encoding(databases: Iterable[str] | None = None, **_kwargs: Any) -> list[CheckMessage]:
    """Reports PostgreSQL databases that do not use UTF-8."""
    return [fault for alias in databases or () for fault in faults_of_encoding(connections[alias])]


def faults_of_encoding(connection: BaseDatabaseWrapper) -> list[CheckMessage]:
    """Returns an error if the database stores text in an encoding other than UTF-8.

    SQL_ASCII stores unchecked bytes, so names come back broken and compare wrongly. Other encodings refuse some
    names.
    """
    if connection.vendor != "postgresql":
        return []
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_encoding")
        (encoding,) = cursor.fetchone()
    if encoding == "UTF8":
        return []
    return [
        Error(
            f"The database stores text as {encoding}; Cashdesk needs UTF8.",
            hint="Make a new one: createdb --encoding UTF8 --template template0. Then dump this one and restore it there.",
            id="cashdesk.E002",
        )
    ]


@register(Tags.database)
def check_currencies(databases: Iterable[str] | None = None, **_kwargs: Any) -> list[CheckMessage]:
    """Warns of stores in withdrawn currencies, in `manage.py check --database default`."""
    return [warning for alias in databases or () for warning in stores_in_withdrawn_currencies(alias)]


def stores_in_withdrawn_currencies(alias: str) -> list[CheckMessage]:
    """Returns a warning for each store in a withdrawn currency, or no warning if the table does not exist yet."""
    store = apps.get_model("cashdesk", "Store")  # this module is imported before the models
    if store._meta.db_table not in connections[alias].introspection.table_names():
        return []
    current = [code for code in EXPONENTS if is_current(code, on=timezone.now().date())]
    rows = store.objects.using(alias).exclude(currency__in=current).order_by("number", "pk")
    return [
        checks.Warning(
            f"Store {number} ({uuid}) is kept in {currency}, which ISO 4217 has withdrawn.",
            hint="It trades on and can be counted and closed. Open a store in the new currency to replace it.",
            id="cashdesk.W010",
        )
        for number, uuid, currency in rows.values_list("number", "uuid", "currency")
    ]


MIDTRANS_PRODUCTION: Final = "https://api.midtrans.com"
MIDTRANS_SANDBOX: Final = "https://api.sandbox.midtrans.com"
MIDTRANS_PAYMENT_TYPES: Final = ("qris", "gopay")


def midtrans_faults(*, key: str, base_url: str, payment_type: str) -> list[str]:
    """Returns one sentence per fault in the settings of the payment gateway Midtrans, or an empty list."""
    faults = []
    if not key and base_url != MIDTRANS_PRODUCTION:
        faults.append("MIDTRANS_BASE_URL is set without MIDTRANS_SERVER_KEY: give the server key too, or neither.")
    if not key.isascii() or not key.isprintable() or " " in key:
        faults.append("MIDTRANS_SERVER_KEY has spaces or other odd characters: copy the server key of your dashboard.")
    if "-client-" in key:
        faults.append("MIDTRANS_SERVER_KEY is the client key: give the server key of your dashboard.")
    if key.startswith("SB-") and base_url == MIDTRANS_PRODUCTION:
        faults.append(f"MIDTRANS_SERVER_KEY is a key of the sandbox: set MIDTRANS_BASE_URL to {MIDTRANS_SANDBOX}.")
    if not _is_origin(base_url):
        faults.append(f"MIDTRANS_BASE_URL is {base_url!r}: give https and a host only, such as {MIDTRANS_SANDBOX}.")
    if payment_type not in MIDTRANS_PAYMENT_TYPES:
        faults.append(f"MIDTRANS_PAYMENT_TYPE is {payment_type!r}: it takes {' or '.join(MIDTRANS_PAYMENT_TYPES)}.")
    return faults


MAIL_SCHEMES: Final = ("smtp", "smtps", "smtp+tls", "smtp+ssl", "consolemail", "filemail", "memorymail", "dummymail")
MAIL_SERVERS: Final = ("smtp", "smtps", "smtp+tls", "smtp+ssl")


def mail_faults(*, url: str, sender: str, is_production: bool) -> list[str]:
    """Returns one sentence per fault in the settings of mail, or an empty list. No sentence shows the password."""
    scheme, _separator, rest = url.partition("://")
    if not url:
        return []
    if scheme not in MAIL_SCHEMES:
        return ["EMAIL_URL begins with an unknown scheme: it takes smtp+tls://user:password@host:587, or smtp+ssl://."]
    faults = []
    if is_production and scheme == "consolemail":
        faults.append("EMAIL_URL is consolemail://: the links in mails would be in the logs. Name a mail server.")
    try:
        host = urlsplit(f"//{rest}").hostname
    except ValueError:
        host = None
    if scheme in MAIL_SERVERS and not host:
        faults.append("EMAIL_URL names no host: it takes smtp+tls://user:password@host:587.")
    if not parseaddr(sender)[1].count("@") or "\n" in sender:
        faults.append(
            "DEFAULT_FROM_EMAIL is no address: it takes cashdesk@shop.example, or Name <cashdesk@shop.example>."
        )
    elif is_production and sender.endswith("@localhost>"):
        faults.append("DEFAULT_FROM_EMAIL is missing: give the address that mails come from.")
    return faults


def _is_origin(url: str) -> bool:
    """Whether a URL is only https, a host and optionally a port. For this machine http is allowed too, for tests."""
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        return False
    bare = not (parts.path.strip("/") or parts.query or parts.fragment or parts.username or parts.password)
    return bool(host) and bare and (parts.scheme == "https" or (parts.scheme == "http" and _is_this_machine(host)))


def _is_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


@register(Tags.security)
def check_midtrans(**_options: Any) -> list[CheckMessage]:
    """Reports an incomplete or wrong configuration of the payment gateway. No message shows the server key."""
    faults = midtrans_faults(
        key=settings.MIDTRANS_SERVER_KEY,
        base_url=settings.MIDTRANS_BASE_URL,
        payment_type=settings.MIDTRANS_PAYMENT_TYPE,
    )
    return [Error(fault, id="cashdesk.E040") for fault in faults]
