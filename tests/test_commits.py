"""Tests the check of commit subjects on small histories."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.commits import SUBJECT_LENGTH_MAX, WITHOUT_ORIGIN, fault_of, faults

WELL_FORMED = "desk: hide the no-script button when scripts run"
LONG = "desk: " + "x" * SUBJECT_LENGTH_MAX
SOMEBODY = {
    f"GIT_{role}_{part}": value
    for role in ("AUTHOR", "COMMITTER")
    for part, value in (("NAME", "Anna"), ("EMAIL", "anna@example.com"))
}


class History:
    """A repository that has only commits."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *words: str) -> None:
        plain = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        subprocess.run(
            ("git", "-c", "commit.gpgsign=false", *words), cwd=self.folder, env=plain | SOMEBODY, check=True, timeout=60
        )

    def commit(self, *subjects: str) -> None:
        for subject in subjects:
            self.git("commit", "--quiet", "--allow-empty", f"--message={subject}")


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(tmp_path)


@pytest.mark.parametrize(
    "subject", [WELL_FORMED, "browser tests: poll from the driver", "docs/style: x y", "a: " + "x" * 69]
)
def test_a_well_formed_subject_passes(subject: str) -> None:
    assert fault_of(subject) == ""


@pytest.mark.parametrize(
    "subject", [LONG, "Hide the button", "Desk: hide the button", "desk: ", "desk:hide it", "desk: hide the button."]
)
def test_another_subject_is_a_fault(subject: str) -> None:
    assert fault_of(subject) != ""


def test_the_last_commits_are_checked_without_an_origin(history: History) -> None:
    history.commit(LONG, *[WELL_FORMED] * WITHOUT_ORIGIN)
    assert faults(history.folder) == []
    history.commit("Fix it")
    (fault,) = faults(history.folder)
    assert "does not read" in fault
    assert fault.endswith(": Fix it")


def test_only_commits_since_the_origin_are_checked(history: History) -> None:
    history.commit(LONG, WELL_FORMED)
    history.git("update-ref", "refs/remotes/origin/main", "HEAD")
    assert faults(history.folder) == []
    history.commit(LONG)
    assert len(faults(history.folder)) == 1


def test_an_origin_without_a_common_ancestor_does_not_count(history: History) -> None:
    history.commit("desk: begin elsewhere")
    history.git("update-ref", "refs/remotes/origin/main", "HEAD")
    history.git("checkout", "--quiet", "--orphan", "other")
    history.commit(LONG, *[WELL_FORMED] * WITHOUT_ORIGIN)
    assert faults(history.folder) == []


def test_a_merge_is_a_fault(history: History) -> None:
    history.commit(WELL_FORMED)
    history.git("checkout", "--quiet", "-b", "side")
    history.commit(WELL_FORMED)
    history.git("checkout", "--quiet", "main")
    history.git("merge", "--quiet", "--no-ff", "side", "--message=desk: merge a branch")
    (fault,) = faults(history.folder)
    assert "is a merge" in fault
