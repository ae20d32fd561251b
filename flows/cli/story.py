"""A run as a story on the terminal: one line for each step that is done, a bar for the one that is going on."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

from flows.cli.console import err

if TYPE_CHECKING:
    from flows.progress import Progress
    from flows.settings import Settings
    from flows.work_time import WorkClock


class Story:
    """Prints steps as they come; a terminal shows the current one in motion, a log only what is done."""

    def __init__(self) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bar

        self._bar = Bar(
            SpinnerColumn(),
            TextColumn("{task.fields[step]:<9} {task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=err(),
            transient=True,
            disable=not err().is_terminal,
        )
        self._task = self._bar.add_task("", step="", visible=False)
        self._step, self._detail, self._began = "", "", time.perf_counter()

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        self._close("[red]✗[/red]" if error else "[green]✓[/green]")
        self._bar.stop()

    def __call__(self, news: Progress) -> None:
        """Show where the flow stands."""
        if news.step != self._step:
            self._close("[green]✓[/green]")
            self._step, self._began = news.step, time.perf_counter()
            self._bar.reset(self._task, total=None)
        self._detail = news.detail
        self._bar.update(
            self._task,
            description=news.detail,
            step=news.step,
            completed=news.done,
            total=news.total or None,
            visible=True,
        )

    def done(self) -> None:
        """Print the current step as done, though no other has begun: what goes wrong from here on is not its fault."""
        self._close("[green]✓[/green]")

    def _close(self, mark: str) -> None:
        """Print the step that has ended."""
        if self._step:
            from rich.markup import escape

            seconds = time.perf_counter() - self._began
            self._bar.console.print(f"{mark} {self._step:<9} {escape(self._detail)} [dim]{seconds:.1f} s[/dim]")
        self._step = ""


@contextmanager
def flow_session(settings: Settings, started: float | None = None) -> Iterator[WorkClock]:
    """Let flows run: with a Prefect server, their progress on the terminal and their times on a clock.

    Args:
        settings: All settings.
        started: When the clock began, by ``time.perf_counter``; now, where it is left out.
    """
    from flows.prefect_env import prefect_server
    from flows.progress import Progress, listening
    from flows.work_time import WorkClock, timed

    clock = WorkClock(started)
    with Story() as story:
        story(Progress("start", settings.prefect_api_url or "Prefect, inside this process"))
        with prefect_server(settings):
            story.done()
            with timed(clock), listening(story):
                yield clock
