"""The set-up on machines that lack something: it stops with a status other than 0 and one sentence that says what."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SHELL_TOOLS = ["awk", "cat", "cksum", "dirname", "env", "grep", "id", "mkdir", "rm", "sh", "tee", "tr"]


@pytest.fixture
def clone(tmp_path):
    """The files the set-up reads, and nothing that has been set up."""
    folder = tmp_path / "a clone"
    shutil.copytree(ROOT / "infra" / "scripts", folder / "infra" / "scripts")
    shutil.copytree(ROOT / "infra" / "locks", folder / "infra" / "locks")
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


@pytest.fixture
def machine(tmp_path):
    """An empty PATH with the usual shell tools and no Python."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in SHELL_TOOLS:
        found = shutil.which(tool)
        assert found, f"{tool} is needed to run the scripts"
        (folder / tool).symlink_to(found)
    return folder


def install_python(machine: Path, name: str, version: str, *, pip: bool) -> None:
    """A stand-in that answers the questions the scripts ask of a Python."""
    program = machine / name
    program.write_text(f'#!/bin/sh\ncase "$1" in -c) echo {version} ;; *) exit {0 if pip else 1} ;; esac\n')
    program.chmod(0o755)


def setup(clone: Path, machine: Path, kind: str = "run", **environment: str) -> subprocess.CompletedProcess[str]:
    return script(clone, machine, "setup.sh", kind, **environment)


def script(
    clone: Path, machine: Path, name: str, *arguments: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [clone / "infra" / "scripts" / name, *arguments],
        env={"PATH": str(machine), "HOME": str(clone), **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def assert_one_sentence(result: subprocess.CompletedProcess[str], *words: str) -> None:
    assert result.returncode != 0
    (line,) = result.stderr.splitlines()
    assert line.startswith("crossfade: ")
    for word in words:
        assert word in line


def test_no_python(clone, machine):
    assert_one_sentence(setup(clone, machine), "Python 3.11, 3.12 or 3.13", "not found")


def test_only_pythons_that_are_too_old_or_too_new(clone, machine):
    install_python(machine, "python3", "3.14.1", pip=True)
    install_python(machine, "python", "3.9.2", pip=True)
    assert_one_sentence(setup(clone, machine), "python3 is 3.14.1", "python is 3.9.2")


def test_a_python_that_was_named_is_the_only_one_tried(clone, machine):
    install_python(machine, "python3", "3.12.1", pip=True)
    install_python(machine, "old python", "3.10.1", pip=True)
    assert_one_sentence(setup(clone, machine, PYTHON=str(machine / "old python")), "3.10.1")


def test_a_python_without_pip(clone, machine):
    install_python(machine, "python3", "3.11.2", pip=False)
    assert_one_sentence(setup(clone, machine), "no pip")


def test_an_unknown_kind_of_environment(clone, machine):
    assert_one_sentence(setup(clone, machine, "everything"), "everything")


def test_an_environment_that_is_current_is_left_alone(clone, machine):
    # The stamp is what the script itself would write; a Python is not even looked for.
    programs = clone / ".venv" / "bin"
    programs.mkdir(parents=True)
    for name in ("python", "crossfade"):
        (programs / name).touch(mode=0o755)
    locks = clone / "infra" / "locks"
    key = f'{{ cat "{locks}/run.txt" "{clone}/pyproject.toml"; printf "%s\\n" "{clone}"; }} | cksum | tr " " "-"'
    stamp = subprocess.run(["sh", "-c", key], capture_output=True, text=True, check=True).stdout.strip()
    (clone / ".venv" / "run-stamp").write_text(stamp)
    result = setup(clone, machine)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


@pytest.fixture
def driver(clone):
    """An environment in which Playwright's driver starts."""
    programs = clone / ".venv" / "bin"
    programs.mkdir(parents=True)
    (programs / "python").write_text("#!/bin/sh\n")
    (programs / "python").chmod(0o755)


def test_a_missing_browser_is_said(clone, machine, driver):
    result = script(clone, machine, "browser.sh")
    assert (result.returncode, result.stderr) == (0, "")
    assert "browser tests will be skipped for want of chromium:" in result.stdout


def test_a_missing_browser_is_an_error_in_ci(clone, machine, driver):
    assert_one_sentence(script(clone, machine, "browser.sh", CI="true"), "for want of chromium:")


def test_a_browser_can_be_named(clone, machine, driver):
    browser = machine / "my-chromium"
    browser.touch(mode=0o755)
    result = script(clone, machine, "browser.sh", CI="true", CROSSFADE_CHROMIUM=str(browser))
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_a_driver_that_does_not_start_is_an_error_in_ci(clone, machine):
    (machine / "chromium").touch(mode=0o755)
    assert_one_sentence(script(clone, machine, "browser.sh", CI="true"), "for want of libatomic1:")


def test_what_infra_is_tried_with_is_missed_in_words_and_in_ci_as_an_error(clone, machine):
    result = script(clone, machine, "infra_tools.sh")
    assert (result.returncode, result.stderr) == (0, "")
    assert "Some tests of infra/ will be skipped for want of" in result.stdout
    assert_one_sentence(
        script(clone, machine, "infra_tools.sh", CI="true"), "for want of", "prometheus", "kubernetes-client"
    )


def test_pip_settings_are_handed_to_uv(tmp_path):
    settings = tmp_path / "pip.conf"
    settings.write_text(
        "[global]\nindex-url = https://mirror.example/simple\nextra-index-url =\n  https://a.example\n  https://b.example\n"
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "UV_"))}
    environment |= {"PIP_CONFIG_FILE": str(settings), "PIP_FIND_LINKS": "/one /two", "UV_FIND_LINKS": "/mine"}
    # The set-up asks the machine's Python, which has pip; an environment that is active here need not.
    path = os.pathsep.join(each for each in os.environ["PATH"].split(os.pathsep) if not each.startswith(sys.prefix))
    python = shutil.which("python3", path=path) or "python3"
    exports = subprocess.run(
        [python, ROOT / "infra" / "scripts" / "pip_settings.py"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    assert "export UV_DEFAULT_INDEX=https://mirror.example/simple" in exports
    assert "export UV_INDEX='https://a.example https://b.example'" in exports
    # what was set for uv itself is stronger
    assert not any("UV_FIND_LINKS" in line for line in exports)


def test_in_ci_tests_of_spark_may_not_be_skipped_for_want_of_java(clone, machine):
    assert_one_sentence(script(clone, machine, "java.sh", CI="true"), "Java 17", "openjdk-17-jre-headless")


def test_without_java_it_says_which_tests_are_skipped(clone, machine):
    done = script(clone, machine, "java.sh")
    assert (done.returncode, done.stdout.count("skipped")) == (0, 1)


def test_java_that_is_there_is_taken(clone, machine):
    java = machine / "java"
    java.write_text("#!/bin/sh\nexit 0\n")
    java.chmod(0o755)
    done = script(clone, machine, "java.sh", CI="true")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
