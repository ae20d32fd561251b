"""The workflows: pinned, with no more rights than they need, and calling the same words as people do."""

from __future__ import annotations

import re
import subprocess
from typing import Any

import pytest
import yaml

from tests.support.deployed import INFRA

ROOT = INFRA.parent
WORKFLOW = ROOT / ".github" / "workflows" / "ci.yml"
TEXT = WORKFLOW.read_text(encoding="utf-8")
JOBS: dict[str, dict[str, Any]] = yaml.safe_load(TEXT)["jobs"]
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def test_actions_are_pinned_by_commit_and_say_their_release():
    used = re.findall(r"uses: (.*)$", TEXT, re.MULTILINE)
    assert used
    assert all(re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", each) for each in used)
    # The same action in the same version everywhere.
    names = {each.partition("@")[0] for each in used}
    assert len(set(used)) == len(names)


@pytest.mark.parametrize("job", JOBS)
def test_a_job_may_read_the_code_and_nothing_else(job):
    assert yaml.safe_load(TEXT)["permissions"] == {}
    assert JOBS[job]["permissions"] == {"contents": "read"}
    assert JOBS[job]["timeout-minutes"] <= 60
    checkouts = [step for step in JOBS[job]["steps"] if "actions/checkout" in step.get("uses", "")]
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


def test_jobs_say_the_words_of_the_makefile():
    words = {
        word
        for job in JOBS.values()
        for step in job["steps"]
        for word in re.findall(r"\bmake ([\w-]+)", step.get("run", ""))
    }
    assert {"check", "test", "core", "lowest", "lowest-extras", "docs", "demo", "sbom", "audit"} <= words
    assert words <= TARGETS


def test_every_folder_of_tests_has_its_job():
    given = set(re.findall(r"tests/(\w+)", TEXT))
    # 'make bench' measures and 'make fuzz' searches: neither judges.
    folders = {path.name for path in (ROOT / "tests").iterdir() if path.is_dir()} - {
        "__pycache__",
        "support",
        "benchmarks",
        "fuzz",
    }
    assert folders <= given


def test_paths_that_are_named_are_there():
    named = set(re.findall(r"infra/[\w/.]+", TEXT))
    assert named
    assert all((ROOT / path).exists() for path in named if not path.endswith("."))


@pytest.mark.parametrize("script", ["core_tests.sh"])
def test_a_word_nobody_knows_is_said_in_one_sentence(script):
    done = subprocess.run([INFRA / "scripts" / script, "newest"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "crossfade: There are no versions 'newest': say locked, lowest or extras.\n"
