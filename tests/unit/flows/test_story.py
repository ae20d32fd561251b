from __future__ import annotations

from flows.cli.story import Story
from flows.progress import Progress


def test_a_step_is_one_line_of_a_log_however_long_it_is(capsys):
    with Story() as story:
        story(Progress("monitor", "All quiet: " + "37 checks, " * 12))
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("✓ monitor   All quiet: 37 checks,")
