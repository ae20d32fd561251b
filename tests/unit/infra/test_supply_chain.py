"""What the images carry, and what is known against it."""

from __future__ import annotations

import json
import re
import runpy
import subprocess
import sys

import pytest

from tests.support.deployed import INFRA

AUDIT = runpy.run_path(str(INFRA / "scripts" / "audit.py"))
SAFE = {"name": "numpy", "version": "2.4", "vulns": []}
UNSAFE = {
    "name": "old",
    "version": "1",
    "vulns": [{"id": "CVE-1", "fix_versions": ["2"]}, {"id": "CVE-2", "fix_versions": []}],
}
UNKNOWN = {"name": "hidden", "skip_reason": "Dependency not found"}


@pytest.mark.parametrize(
    ("packages", "status", "words"),
    [
        ([SAFE], 0, "1 of 1 packages were looked at; something is known against 0."),
        ([SAFE, UNSAFE], 1, "old 1: CVE-2, mended in no release\n2 of 2 packages were looked at"),
        ([SAFE, UNKNOWN], 3, "1 of 2 packages were looked at"),
        ([UNSAFE, UNKNOWN], 1, "old 1: CVE-1, mended in 2\n"),
    ],
)
def test_nothing_found_and_nothing_looked_at_are_told_apart(packages, status, words):
    found, said = AUDIT["verdict"](packages)
    assert found == status
    assert words in said


@pytest.mark.parametrize("image", ["service", "worker"])
def test_the_bill_of_materials_names_what_is_locked(image, tmp_path):
    lock, bill = INFRA / "locks" / f"{image}.txt", tmp_path / "bill.json"
    command = [sys.executable, "-m", "cyclonedx_py", "requirements", str(lock), "--output-file", str(bill)]
    subprocess.run(command, check=True, capture_output=True)
    locked = re.findall(r"^([a-z0-9-]+)==([^ ]+)", lock.read_text(encoding="utf-8"), re.MULTILINE)
    components = json.loads(bill.read_text(encoding="utf-8"))["components"]
    assert sorted((each["name"], each["version"]) for each in components) == sorted(locked)
