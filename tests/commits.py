"""Checks the subjects of commits: `area: imperative summary`, short, no merges (CONTRIBUTING.md). `make commits` runs it.

It checks the commits since `origin/main`, or the last 20 if this clone has no `origin/main`, or only a part of the history.
"""

import re
import subprocess
import sys
from pathlib import Path
from typing import Final

PROJECT: Final = Path(__file__).resolve().parent.parent
SUBJECT_LENGTH_MAX: Final = 72
SUBJECT: Final = re.compile(r"[a-z0-9][a-z0-9 ._/-]*: \S.*[^.]")
WITHOUT_ORIGIN: Final = 20


def fault_of(subject: str, *, parents: int = 1) -> str:
    """Returns the fault of a commit in words, or ""."""
    if parents > 1:
        return "is a merge: rebase your branch instead"
    if len(subject) > SUBJECT_LENGTH_MAX:
        return f"has {len(subject)} characters: use at most {SUBJECT_LENGTH_MAX}"
    if not SUBJECT.fullmatch(subject):
        return 'does not read "area: imperative summary", with a lower-case area and no period at the end'
    return ""


def faults(project: Path) -> list[str]:
    """Returns a line for each commit with a fault, newest first. Raises CalledProcessError if git fails."""
    found = []
    for line in _git(project, "log", "--format=%h%x09%p%x09%s", *_commits_to_check(project)).splitlines():
        short_hash, parents, subject = line.split("\t", maxsplit=2)
        if fault := fault_of(subject, parents=len(parents.split())):
            found.append(f"{short_hash} {fault}: {subject}")
    return found


def _commits_to_check(project: Path) -> list[str]:
    # Without a common ancestor, as in a shallow clone, `origin/main..HEAD` would reach far back.
    merge_base = ("git", "merge-base", "origin/main", "HEAD")
    if subprocess.run(merge_base, cwd=project, capture_output=True, check=False).returncode == 0:
        return ["origin/main..HEAD"]
    return [f"--max-count={WITHOUT_ORIGIN}"]


def _git(project: Path, *words: str) -> str:
    return subprocess.run(("git", *words), cwd=project, stdout=subprocess.PIPE, text=True, check=True).stdout


def main() -> int:
    """Prints the faults. Returns 1 if there are any."""
    if not (PROJECT / ".git").exists():
        print("This copy has no git history, so no commits were checked.")
        return 0
    found = faults(PROJECT)
    print("\n".join(found) or "The subjects of the commits are well formed.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
