"""Laws of the release: who is shown a canary."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.release.states import Champion, Releases, Trial, place_of

CHAMPION = Champion("champion", None, "2026-11-26T12:00:00+00:00", "first")
shares = st.floats(min_value=0, max_value=1, exclude_min=True, exclude_max=True)


def with_canary(share, bundle="canary"):
    return Releases(CHAMPION, canary=Trial(bundle, share, CHAMPION.since, "show"))


@given(st.text(), shares, shares)
def test_raising_the_share_takes_no_listener_away_from_the_canary(listener, one, other):
    low, high = sorted((one, other))
    if with_canary(low).answering(listener) == "canary":
        assert with_canary(high).answering(listener) == "canary"


@given(st.text())
def test_without_a_canary_the_champion_answers_everybody(listener):
    assert Releases(CHAMPION).answering(listener) == "champion"


@pytest.mark.parametrize("share", [0.01, 0.1, 0.5])
def test_a_canary_answers_its_share_of_the_listeners(share):
    listeners = [f"listener-{number}" for number in range(20_000)]
    shown = np.mean([with_canary(share).answering(name) == "canary" for name in listeners])
    # Four standard errors of a share.
    assert abs(shown - share) < 4 * np.sqrt(share * (1 - share) / len(listeners))


def test_another_canary_has_other_listeners():
    places = np.array([[place_of(f"listener-{n}", salt) for salt in ("one", "two")] for n in range(5_000)])
    assert abs(np.corrcoef(places.T)[0, 1]) < 4 / np.sqrt(5_000)
