"""The client that openapi-python-client generates: without a warning, with exact types, and it works."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.clients.conftest import Shop

HERE = Path(__file__).parent
SECONDS_MAX = 100


def run(*command: str, cwd: Path) -> str:
    """Runs a command and returns its output. Fails with the output if the command fails."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=SECONDS_MAX, check=False)
    assert done.returncode == 0, f"{command}:\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return done.stdout + done.stderr


@pytest.mark.timeout(240)
def test_the_generated_python_client_works_four_days(shop: Shop, described: Path, tmp_path: Path) -> None:
    (tmp_path / "generator.json").write_text('{"post_hooks": []}', encoding="utf-8")
    generator = [str(Path(sys.executable).with_name("openapi-python-client")), "generate", "--fail-on-warning"]
    made = run(
        *generator, "--path", str(described), "--meta", "none", "--output-path", "cashdesk_client",
        "--config", "generator.json", cwd=tmp_path,
    )  # fmt: skip
    assert "arning" not in made
    (tmp_path / "day.py").write_text((HERE / "day_in_python.txt").read_text(encoding="utf-8"), encoding="utf-8")
    run(sys.executable, "-m", "mypy", "--strict", "--config-file=", "cashdesk_client", "day.py", cwd=tmp_path)
    worked = run(sys.executable, "day.py", *shop.arguments, cwd=tmp_path)
    assert worked.strip() == "four days worked"
