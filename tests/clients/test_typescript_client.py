"""The types that openapi-typescript generates, with openapi-fetch: they compile under strict settings, and it works."""

import os
import shutil
from pathlib import Path

import pytest

from tests.clients.conftest import Shop
from tests.clients.test_python_client import run

SOURCE = Path(__file__).parent / "typescript"
WITHOUT_NODE = "Node.js and npm are not installed, so the TypeScript client was NOT tested."


@pytest.mark.timeout(240)
def test_the_generated_typescript_client_works_four_days(shop: Shop, described: Path, tmp_path: Path) -> None:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        assert not os.environ.get("CASHDESK_REQUIRE_NODE"), WITHOUT_NODE
        pytest.skip(WITHOUT_NODE)
    project = tmp_path / "typescript"
    shutil.copytree(SOURCE, project, ignore=shutil.ignore_patterns("node_modules"))
    run(npm, "ci", "--no-audit", "--no-fund", "--prefer-offline", cwd=project)
    tools = project / "node_modules" / ".bin"
    run(str(tools / "openapi-typescript"), str(described), "--output", "schema.d.ts", cwd=project)
    run(str(tools / "tsc"), "--project", ".", cwd=project)
    worked = run(node, "built/day.js", *shop.arguments, cwd=project)
    assert worked.strip() == "four days worked"
