"""The settings of the sign-in at an OpenID Connect provider, read from the environment."""

import json
from typing import Any, Final
from urllib.parse import urlsplit

import environ

from cashdesk.sign_in_checks import STORE, ProviderSettings

USUAL: Final = ProviderSettings()


def provider_settings(env: environ.Env) -> ProviderSettings:
    """Returns the settings of the provider. `provider_faults` checks them."""
    issuer = env.str("OIDC_ISSUER", default=USUAL.issuer).strip()
    stores = env.str("OIDC_STORE_GROUPS", default="").strip()
    is_pattern = STORE in stores and not stores.startswith('{"')
    return ProviderSettings(
        issuer=issuer,
        client_id=env.str("OIDC_CLIENT_ID", default=USUAL.client_id).strip(),
        client_secret=env.str("OIDC_CLIENT_SECRET", default=USUAL.client_secret).strip(),
        name=env.str("OIDC_NAME", default="").strip() or urlsplit(issuer.replace("[", "")).netloc,
        scopes=env.str("OIDC_SCOPES", default=USUAL.scopes).strip(),
        groups_claim=env.str("OIDC_GROUPS_CLAIM", default=USUAL.groups_claim).strip(),
        role_groups=_mapping(env.str("OIDC_ROLE_GROUPS", default="").strip()),
        store_groups={} if is_pattern else _mapping(stores),
        store_pattern=stores if is_pattern else "",
        creates_people=env.bool("OIDC_CREATE_PEOPLE", default=USUAL.creates_people),
        account=env.str("OIDC_ACCOUNT", default=USUAL.account).strip(),
        links_by_email=env.bool("OIDC_LINK_BY_EMAIL", default=USUAL.links_by_email),
        second_factor=env.str("OIDC_SECOND_FACTOR", default=USUAL.second_factor).strip().lower(),
        passwords=env.str("PASSWORD_SIGN_IN", default=USUAL.passwords).strip().lower(),
    )


def _mapping(text: str) -> Any:
    """Parses a JSON object. Empty text is an empty object. Returns any other text unchanged."""
    try:
        found = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return text
    return found if isinstance(found, dict) else text
