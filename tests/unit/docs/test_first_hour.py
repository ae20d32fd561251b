"""The first hour: what is typed, what is installed, what is said of it."""

import re
import subprocess
from dataclasses import replace

import psutil  # type: ignore[import-untyped]  # BentoML brings it
import pytest

from infra.docs.first_hour import Shell
from infra.docs.first_hour_page import Hour, Step, page, summary
from infra.docs.install_size import Weight, reached, weights
from infra.docs.tutorial import PAGE, commands, is_refused

TEXT = """
Words.

```sh
make run
```

```text
not typed
```

1. In a list:

   ```sh
   cat > moon.toml <<'END'
min_gain = 9.0
END
   crossfade promote   # refused
   ```
"""

HOUR = Hour(
    steps=(
        Step("git clone", 1.0),
        Step("make run", 100.0),
        Step("(a taste is pressed)", 2.0),
        Step("crossfade train", 17.0),
    ),
    to_first_list=103.0,
    packages=(Weight("big", 40_000_000, ("mlflow",)), Weight("small", 2_000_000, ())),
    starting=0.25,
)


def test_what_stands_in_the_shell_blocks_is_typed_in_order():
    text = TEXT.replace("   cat", "cat").replace("   crossfade", "crossfade").replace("   ```", "```")
    assert commands(text) == [
        "make run",
        "cat > moon.toml <<'END'\nmin_gain = 9.0\nEND",
        "crossfade promote   # refused",
    ]


def test_a_command_that_is_refused_says_so():
    assert is_refused("crossfade promote   # refused")
    assert not is_refused("crossfade promote")


def test_the_tutorial_begins_with_the_whole_loop():
    assert commands(PAGE.read_text(encoding="utf-8"))[0] == "make run"


def test_the_shell_remembers_what_was_typed_before_and_tells_how_it_ended(tmp_path):
    shell = Shell(tmp_path, tmp_path / "log")
    try:
        assert shell.type("export WORD=hello") == 0
        assert shell.type("echo $WORD > said.txt") == 0
        assert shell.type("false") == 1
    finally:
        shell.close()
    assert (tmp_path / "said.txt").read_text(encoding="utf-8") == "hello\n"


def test_everything_is_reached_that_is_asked_for_on_the_way():
    needs = {("a", ""): [("b", ""), ("b", "x")], ("b", "x"): [("c", "")]}
    assert reached([("a", "")], lambda node: needs.get(node, [])) == {("a", ""), ("b", ""), ("b", "x"), ("c", "")}


@pytest.fixture
def environment(tmp_path):
    """Three packages: the project, one that it asks for, and one nobody asks for here."""
    for name, needs, size in [
        ("crossfade", ["web[fast]>=1 ; extra == 'all'", "never ; python_version < '3'"], 10),
        ("web", ["c-web ; extra == 'fast'"], 100),
        ("c-web", [], 1000),
        ("never", [], 10_000),
    ]:
        info = tmp_path / f"{name.replace('-', '_')}-1.dist-info"
        info.mkdir()
        asked = "".join(f"Requires-Dist: {each}\n" for each in needs)
        extras = "Provides-Extra: all\nProvides-Extra: fast\n"
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.4\nName: {name}\nVersion: 1\n{extras}{asked}", encoding="utf-8"
        )
        (tmp_path / f"{name}.bin").write_bytes(bytes(size))
        (info / "RECORD").write_text(f"{name}.bin,,\n", encoding="utf-8")
    return tmp_path


def test_packages_are_weighed_and_traced_to_who_asks_for_them(environment):
    assert weights(environment) == [
        Weight("never", 10_000, ()),
        Weight("c-web", 1000, ("web",)),
        Weight("web", 100, ("web",)),
    ]


def test_the_hour_is_told_with_what_it_is_held_to():
    assert "First recommendation after 103 s (at most 300 s are meant)" in summary(HOUR)
    assert "2 packages, 42 MB" in summary(HOUR)
    assert HOUR.went_well


def test_a_step_that_ends_differently_is_named():
    wrong = replace(HOUR, steps=(*HOUR.steps, Step("crossfade promote", 3.0, status=1, as_said=False)))
    assert not wrong.went_well
    assert "crossfade promote: exit status 1" in summary(wrong)


def test_the_page_has_every_step_and_the_packages():
    subprocess.run(["git", "rev-parse", "HEAD"], check=True, capture_output=True)
    text = page(HOUR)
    assert "| `make run` | 100.0 |" in text
    assert "| (a taste is pressed) | 2.0 |" in text
    assert "| big | 40 | mlflow |  |" in text


def test_a_job_in_the_background_ends_with_the_shell(tmp_path):
    shell = Shell(tmp_path, tmp_path / "log")
    shell.type("sleep 600 &\necho job $!")
    job = psutil.Process(int(re.findall(r"^job (\d+)$", shell.printed(), re.MULTILINE)[0]))
    shell.close()
    job.wait(10)
