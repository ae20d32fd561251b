from __future__ import annotations

from flows import progress


def test_of_a_long_fit_one_hears_every_few_seconds_and_of_a_short_one_nothing(monkeypatch):
    now, heard = 0.0, []
    monkeypatch.setattr(progress, "tell", lambda *news: heard.append(news))
    follow = progress.fit_follower(pause=5.0, clock=lambda: now)
    for now, done in ((1.0, 1_000), (5.0, 2_000), (9.0, 3_000), (11.0, 4_000)):  # noqa: B007  (the clock reads it)
        follow("regressions", done, 4_000)
    assert heard == [
        ("fit", "regressions, 2,000 of 4,000 tracks"),
        ("fit", "regressions, 4,000 of 4,000 tracks"),
    ]
