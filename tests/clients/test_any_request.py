"""Requests that schemathesis makes up from the API description, wrong ones too: every answer is as described.

The short form runs in CI. `make api-cases` runs the long form: more than 10,000 requests.
"""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.clients.conftest import Shop
from tests.described import operations
from tests.lengths import length
from tests.stories import Cast, caller, key_caller

CASES: Final = int(os.environ.get("CASHDESK_CASES", "0")) or length(short=300, long=12_000)
"""At least so many requests, by all callers together."""
CALLERS: Final = ("manager", "cashier", "key")
CHECKS: Final = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
ENDS_THE_SIGN_IN: Final = "logout"
PROJECT: Final = Path(__file__).resolve().parents[2]
SECONDS_MAX: Final = length(short=90, long=7_200)


def credential(who: str, cast: Cast) -> str:
    """Returns the header that authenticates a caller, as `name: value`."""
    if who == "key":
        return f"x-api-key: {key_caller(cast.store, store=cast.store).secret}"
    return f"Authorization: Bearer {caller({'manager': cast.erika, 'cashier': cast.carla}[who]).secret}"


def tried(shop: Shop, described: Path, folder: Path, *, header: str, only: bool, cases: int) -> int:
    """Sends the requests, and returns their number. Fails with the faults that schemathesis reports."""
    filtered = "--include-operation-id" if only else "--exclude-operation-id"
    report = folder / "report.ndjson"
    done = subprocess.run(
        [
            str(Path(sys.executable).with_name("schemathesis")), "run", str(described), "--url", shop.url,
            "--header", header, "--workers", "1", "--phases", "fuzzing", "--checks", ",".join(CHECKS),
            "--max-examples", str(cases), "--seed", "20260302", "--generation-database", "none", "--no-shrink",
            "--continue-on-failure", "--warnings", "off", "--no-color", "--request-timeout", "30",
            "--suppress-health-check", "all", "--report", "ndjson", "--report-ndjson-path", str(report),
            filtered, ENDS_THE_SIGN_IN,
        ],
        capture_output=True, text=True, timeout=SECONDS_MAX, check=False, cwd=folder,
        env={**os.environ, "SCHEMATHESIS_HOOKS": "tests.clients.short_addresses", "PYTHONPATH": str(PROJECT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-4000:]
    told = re.search(r"(\d[\d,]*) generated", done.stdout)
    assert told is not None, done.stdout[-3000:]
    return int(told[1].replace(",", ""))


@pytest.mark.long
@pytest.mark.timeout(SECONDS_MAX * 4)
@pytest.mark.parametrize("who", CALLERS)
def test_every_answer_is_as_described(shop: Shop, described: Path, tmp_path: Path, who: str) -> None:
    each = max(1, -(-CASES // (len(operations()) * len(CALLERS))))
    sent = tried(shop, described, tmp_path, header=credential(who, shop.cast), only=False, cases=each)
    sent += tried(shop, described, tmp_path, header=credential(who, shop.cast), only=True, cases=each)
    print(f"{who}: {sent} requests")
    assert sent >= len(operations())
