"""These proofs need generators, compilers and a real server. `make api-clients` runs them; the fast suite does not."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher

from cashdesk.enums import PlaceKind
from cashdesk.models import Place, User
from tests.described import description
from tests.factories import PASSWORD
from tests.midtrans.double import SERVER_KEY, running
from tests.stories import Cast, make_cast
from tests.web.real_server import serving

collect_ignore_glob = [] if os.environ.get("CASHDESK_TEST_CLIENTS") else ["test_*.py"]


@dataclass(frozen=True, kw_only=True)
class Shop:
    """A shop behind a real server. `arguments` are those of a day: the address, the password, and the store's id."""

    cast: Cast
    url: str
    log: Path

    @property
    def arguments(self) -> list[str]:
        """The arguments of the scripts in this folder."""
        return [self.url, PASSWORD, str(self.cast.store.uuid)]


@pytest.fixture
def shop(transactional_db: None, tmp_path: Path) -> Iterator[Shop]:
    """Serves a shop in which nothing has happened yet."""
    cast = make_cast()
    Place.objects.create(store=cast.store, kind=PlaceKind.REGISTER, number=3)
    # A hasher that the server knows too, and that is quick.
    User.objects.update(password=PBKDF2PasswordHasher().encode(PASSWORD, "salt", iterations=1000))
    environment = {"LOG_LEVEL": "WARNING", "MIDTRANS_SERVER_KEY": SERVER_KEY}
    with running() as gateway, serving(tmp_path, threads=2, MIDTRANS_BASE_URL=gateway.url, **environment) as server:
        yield Shop(cast=cast, url=f"http://127.0.0.1:{server.port}", log=server.log)


@pytest.fixture
def described(tmp_path: Path) -> Path:
    """The published description as a file."""
    path = tmp_path / "openapi.json"
    path.write_text(json.dumps(description()), encoding="utf-8")
    return path
