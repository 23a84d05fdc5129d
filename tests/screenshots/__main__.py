"""Photographs every page of the product in the demonstration world, and lays the pictures out as contact sheets.

    python -m tests.screenshots [--only desk,vault] [--language de]

The sheets and pictures are written to var/screenshots. The status is 1 where a page complains, fails, is too wide, shows
raw text, or is not photographed at all. The developer's own database is not touched.
"""

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from tests.real_retail.server import PROJECT, environment, migrate

FOLDER: Final = PROJECT / "var" / "screenshots"
APPS: Final = ("cashdesk", "settlements", "reconciliations")
MAKES_THE_WORLD: Final = ("management", "migrations")
GROUPS: Final = (
    "public",
    "account",
    "desk",
    "handover",
    "settlements",
    "vault",
    "reports",
    "settings",
    "exports",
    "today",
    "money",
    "variances",
    "patterns",
    "admin",
    "admin-acts",
)
AT_ONCE: Final = 2


def main() -> int:
    """Runs the walks of all groups and returns the exit status."""
    options = _options()
    begun = time.monotonic()
    FOLDER.mkdir(parents=True, exist_ok=True)
    world = _world()
    with ThreadPoolExecutor(AT_ONCE) as threads:
        walks = threads.map(lambda name: _walk(name, world, options.language), options.only)
        findings: list[str] = []
        for name, group in zip(options.only, walks, strict=True):
            print(f"{name}: {group['states']} states, {', '.join(group['sheets']) or 'no sheet'}", flush=True)
            findings += [finding for finding in group["findings"] if finding not in findings]
    print(f"\n{len(findings)} findings{':' if findings else ''}", *findings, sep="\n  ")
    print(f"\nThe contact sheets are in {FOLDER}, after {time.monotonic() - begun:.0f} seconds.")
    return 1 if findings else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.screenshots", description=__doc__.partition("\n")[0])
    names = ", ".join(GROUPS)
    parser.add_argument("--only", default=",".join(GROUPS), metavar="GROUPS", help=f"some of {names}, with commas")
    parser.add_argument("--language", default="", metavar="CODE", help="the language of the pages, such as de or pt-br")
    options = parser.parse_args()
    options.only = options.only.split(",")
    if unknown := set(options.only) - set(GROUPS):
        parser.error(f"--only takes {names}; not {', '.join(sorted(unknown))}")
    return options


def _world() -> Path:
    """Returns the database file of the demonstration world of today. It takes a minute, so it is kept for the day."""
    code = hashlib.sha256(datetime.now(UTC).date().isoformat().encode())
    for file in sorted(
        file for app in APPS for part in MAKES_THE_WORLD for file in (PROJECT / app / part).rglob("*.py")
    ):
        code.update(file.read_bytes())
    world = FOLDER / f"world-{code.hexdigest()[:12]}.sqlite3"
    if not world.exists():
        print("Making the demonstration world; until tomorrow it is kept.", flush=True)
        for old in FOLDER.glob("world-*"):
            old.unlink()
        with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
            file = Path(folder) / "world.sqlite3"
            env = environment(f"sqlite:///{file}")
            migrate(env)
            subprocess.run(
                [sys.executable, "manage.py", "demo", "--json"],
                cwd=PROJECT,
                env=env,
                check=True,
                stdout=subprocess.DEVNULL,
            )
            file.rename(world)
    return world


def _walk(name: str, world: Path, language: str) -> dict[str, Any]:
    """Runs the walk of a group in its own process and database, and returns its output."""
    for old in (*FOLDER.glob(f"{name}.*"), *FOLDER.glob(f"{name}-[0-9].*")):
        old.unlink()
    shutil.rmtree(FOLDER / name, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="cashdesk-screenshots-") as folder:
        database = Path(folder) / world.name
        shutil.copyfile(world, database)
        env = {**environment(f"sqlite:///{database}"), "DJANGO_SETTINGS_MODULE": "config.settings"}
        command = [sys.executable, "-m", "tests.screenshots.group", name, str(FOLDER), str(database), language]
        done = subprocess.run(
            command, cwd=PROJECT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
    told = FOLDER / f"{name}.json"
    if done.returncode or not told.exists():
        return {
            "states": 0,
            "sheets": [],
            "findings": [f"{name}: the walk ended with {done.returncode}:\n{done.stdout[-3000:]}"],
        }
    answer: dict[str, Any] = json.loads(told.read_text(encoding="utf-8"))
    told.unlink()
    return answer


if __name__ == "__main__":
    sys.exit(main())
