"""Runs the certified provider of `openid/` in a process of its own, and goes through its pages as a browser does."""

import json
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urljoin

import httpx
import pytest

from tests.clients.test_python_client import run

SOURCE: Final = Path(__file__).parent / "openid"
WITHOUT_NODE: Final = "Node.js and npm are not installed, so signing in at a provider was NOT tested."
CLIENT_ID: Final = "cashdesk"
# With signs that have to be encoded before they go into a header.
CLIENT_SECRET: Final = "s3cret:+/%& of the tests"
BACK: Final = "http://testserver/sign-in/provider/back"
SIGNED_OUT: Final = "http://testserver/sign-out/done"


@dataclass(kw_only=True)
class ProviderProcess:
    """A running provider."""

    issuer: str

    def says(self, **control: Any) -> None:
        """Tells the provider who signs in next: `account`, `claims`, `amr`, `denies`, `isDown`, `skewSeconds`."""
        httpx.post(f"{self.issuer}/control", json=control, trust_env=False).raise_for_status()


class ProvidersPages:
    """A browser at the provider, with its cookies there."""

    def __init__(self) -> None:
        self.cookies = httpx.Cookies()

    def get(self, address: str) -> httpx.Response:
        """Opens a page, and closes the connection."""
        with httpx.Client(cookies=self.cookies, trust_env=False) as client:
            answer = client.get(address)
            self.cookies = client.cookies
        return answer

    def follow(self, address: str) -> str:
        """Follows the redirects of the provider, until one leads back to us. Returns that address."""
        for _hop in range(10):
            answer = self.get(address)
            assert answer.is_redirect, f"{answer.status_code} at {address}: {answer.text[:500]}"
            address = urljoin(address, answer.headers["Location"])
            if address.startswith("http://testserver/"):
                return address
        raise AssertionError(f"no way back from {address}")


@contextmanager
def provider_process(folder: Path) -> Iterator[ProviderProcess]:
    """Installs and runs the provider."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        assert not os.environ.get("CASHDESK_REQUIRE_NODE"), WITHOUT_NODE
        pytest.skip(WITHOUT_NODE)
    project = folder / "openid"
    shutil.copytree(SOURCE, project, ignore=shutil.ignore_patterns("node_modules"))
    run(npm, "ci", "--no-audit", "--no-fund", "--prefer-offline", cwd=project)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    client = {
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "redirect_uris": [BACK],
        "post_logout_redirect_uris": [SIGNED_OUT],
        "response_types": ["code"],
        "grant_types": ["authorization_code"],
    }
    issuer = f"http://127.0.0.1:{port}"
    settings = json.dumps({"issuer": issuer, "port": port, "client": client})
    with (
        (folder / "provider.log").open("w") as log,
        subprocess.Popen(
            [node, "provider.mjs", settings], cwd=project, stdout=subprocess.PIPE, stderr=log, text=True
        ) as process,
    ):
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "listening", (folder / "provider.log").read_text()
        try:
            yield ProviderProcess(issuer=issuer)
        finally:
            process.terminate()
