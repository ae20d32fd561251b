"""Which code is running."""

from __future__ import annotations

import subprocess

import pytest

from flows import code_version


@pytest.fixture
def project(tmp_path, monkeypatch):
    (tmp_path / "pipelines").mkdir()
    (tmp_path / "pipelines" / "a.py").write_text("x = 1\n", encoding="utf-8")
    monkeypatch.setattr(code_version, "_ROOT", tmp_path)
    code_version.commit.cache_clear()
    code_version.core_fingerprint.cache_clear()
    yield tmp_path
    code_version.commit.cache_clear()
    code_version.core_fingerprint.cache_clear()


def git(folder, *arguments):
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "-C", str(folder), *identity, *arguments], check=True, capture_output=True)


def test_without_a_repository_there_is_no_commit(project):
    assert code_version.commit() is None


def test_the_commit_is_marked_where_files_differ_from_it(project):
    git(project, "init")
    git(project, "add", ".")
    git(project, "commit", "-m", "first")
    clean = code_version.commit()
    assert clean is not None
    assert len(clean) == 40
    (project / "pipelines" / "a.py").write_text("x = 2\n", encoding="utf-8")
    code_version.commit.cache_clear()
    assert code_version.commit() == f"{clean}-changed"


def test_the_fingerprint_follows_the_source(project):
    before = code_version.core_fingerprint()
    (project / "pipelines" / "a.py").write_text("x = 2\n", encoding="utf-8")
    code_version.core_fingerprint.cache_clear()
    assert code_version.core_fingerprint() != before


def test_the_fingerprint_does_not_depend_on_the_folders_place(project, tmp_path_factory, monkeypatch):
    before = code_version.core_fingerprint()
    other = tmp_path_factory.mktemp("other")
    (other / "pipelines").mkdir()
    (other / "pipelines" / "a.py").write_text("x = 1\n", encoding="utf-8")
    monkeypatch.setattr(code_version, "_ROOT", other)
    code_version.core_fingerprint.cache_clear()
    assert code_version.core_fingerprint() == before
