from __future__ import annotations

import httpx
from prefect import artifacts

from flows import progress


def test_a_bar_moves_at_most_once_in_a_while_and_at_the_end(monkeypatch):
    now, shown = 0.0, []
    monkeypatch.setattr(artifacts, "create_progress_artifact", lambda *_, **__: "the bar")
    monkeypatch.setattr(artifacts, "update_progress_artifact", lambda *moved: shown.append(moved))
    move = progress.progress_bar("key", "what is done", pause=1.0, clock=lambda: now)
    for now, done in ((0.5, 1), (1.0, 2), (1.5, 3), (1.6, 4)):  # noqa: B007  (the clock reads it)
        move(done, 4)
    assert shown == [("the bar", 50.0), ("the bar", 100.0)]


def test_where_no_bar_can_be_made_the_work_goes_on_without(monkeypatch):
    def away(*_, **__):
        raise httpx.ConnectError("the server is away")

    shown = []
    monkeypatch.setattr(artifacts, "create_progress_artifact", away)
    monkeypatch.setattr(artifacts, "update_progress_artifact", lambda *moved: shown.append(moved))
    move = progress.progress_bar("key", "what is done")
    move(1, 1)
    assert shown == []
