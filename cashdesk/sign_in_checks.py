"""The settings of the sign-in at a provider, and checks of them and of the second factor, also at the start."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

REQUIRED: Final = ("off", "managers", "admins")
"""The values of SECOND_FACTOR_REQUIRED, as in cashdesk.enums, which settings cannot import."""
ROLES: Final = ("cashier", "manager", "admin")
SECOND_FACTORS: Final = ("provider", "amr", "cashdesk")
EVERYBODY: Final = "everybody"
SUPERUSERS: Final = "superusers"
STORE: Final = "{store}"
"""Stands for the number of a store in the pattern of the stores' groups."""


@dataclass(frozen=True, kw_only=True)
class ProviderSettings:
    """The OpenID Connect provider at which people sign in. README describes the variable of each field.

    `role_groups` and `store_groups` hold the typed text if it was no JSON object. `provider_faults` names it then.
    """

    issuer: str = ""
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    name: str = ""
    scopes: str = "openid profile email"
    groups_claim: str = "groups"
    role_groups: Any = field(default_factory=dict)
    store_groups: Any = field(default_factory=dict)
    store_pattern: str = ""
    creates_people: bool = False
    account: str = ""
    links_by_email: bool = False
    second_factor: str = "provider"
    passwords: str = EVERYBODY


def second_factor_faults(required: str) -> list[str]:
    """Returns a sentence if SECOND_FACTOR_REQUIRED has an unknown value. A typing error must not switch it off."""
    if required in REQUIRED:
        return []
    return [f"SECOND_FACTOR_REQUIRED is {required!r}: it takes {_listed(*REQUIRED)}."]


def provider_faults(provider: ProviderSettings) -> list[str]:
    """Returns one sentence per fault in the settings of the provider. No sentence shows the client secret."""
    faults = []
    needed = {
        "OIDC_ISSUER": provider.issuer,
        "OIDC_CLIENT_ID": provider.client_id,
        "OIDC_CLIENT_SECRET": provider.client_secret,
    }
    if any(needed.values()) or provider.creates_people or provider.links_by_email:
        missing = (name for name, text in needed.items() if not text)
        faults += [f"{name} is missing: give {_listed(*needed, word='and')}, or none of them." for name in missing]
    if provider.issuer and not _is_issuer(provider.issuer):
        faults.append(f"OIDC_ISSUER is {provider.issuer!r}: give the https address that the provider calls its issuer.")
    if "openid" not in provider.scopes.split():
        faults.append(f"OIDC_SCOPES is {provider.scopes!r}: it needs openid.")
    faults += _group_faults(provider)
    if provider.second_factor not in SECOND_FACTORS:
        faults.append(f"OIDC_SECOND_FACTOR is {provider.second_factor!r}: it takes {_listed(*SECOND_FACTORS)}.")
    if provider.passwords not in (EVERYBODY, SUPERUSERS):
        faults.append(f"PASSWORD_SIGN_IN is {provider.passwords!r}: it takes {_listed(EVERYBODY, SUPERUSERS)}.")
    if provider.passwords == SUPERUSERS and not provider.issuer:
        faults.append("PASSWORD_SIGN_IN is 'superusers' without OIDC_ISSUER: nobody else could sign in.")
    return faults


def _group_faults(provider: ProviderSettings) -> list[str]:
    faults = []
    roles, stores = provider.role_groups, provider.store_groups
    if not isinstance(roles, Mapping) or not all(role in ROLES for role in roles.values()):
        faults.append(
            'OIDC_ROLE_GROUPS cannot be read: give JSON such as {"cashdesk-admins": "admin"}, '
            f"with the roles {_listed(*ROLES, word='and')}."
        )
    if not isinstance(stores, Mapping) or not all(isinstance(store, str) for store in stores.values()):
        faults.append(
            f"OIDC_STORE_GROUPS cannot be read: give a pattern such as cashdesk-store-{STORE}, "
            'or JSON such as {"berlin": "1337"}.'
        )
    if provider.store_pattern.count(STORE) > 1:
        faults.append(f"OIDC_STORE_GROUPS has {STORE} twice: a pattern has it once.")
    if provider.creates_people and not roles:
        faults.append("OIDC_CREATE_PEOPLE needs OIDC_ROLE_GROUPS: no group says which role a new person gets.")
    return faults


def _is_issuer(address: str) -> bool:
    """Whether an address can be an issuer: https without query and fragment. http is allowed to this machine, for tests."""
    try:
        parts = urlsplit(address)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        return False
    is_bare = not (parts.query or parts.fragment or parts.username or parts.password)
    return bool(host) and is_bare and (parts.scheme == "https" or (parts.scheme == "http" and _is_this_machine(host)))


def _is_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _listed(*names: str, word: str = "or") -> str:
    return f"{', '.join(names[:-1])} {word} {names[-1]}"


@register(Tags.security)
def check_second_factor(**_options: Any) -> list[CheckMessage]:
    """Reports an unknown value of SECOND_FACTOR_REQUIRED."""
    return [Error(fault, id="cashdesk.E041") for fault in second_factor_faults(settings.SECOND_FACTOR_REQUIRED)]


@register(Tags.security)
def check_provider(**_options: Any) -> list[CheckMessage]:
    """Reports an incomplete or wrong configuration of the OpenID Connect provider."""
    return [Error(fault, id="cashdesk.E042") for fault in provider_faults(settings.PROVIDER)]
