"""The shortest month: a broken delivery, a hopeless model, two drifts, somebody who leaves; nothing goes wrong."""

from __future__ import annotations

import pytest

from flows.simulation import settings_of_the_month, simulate

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.mark.usefixtures("prefect_api")
def test_nothing_wrong_is_promoted_lost_or_kept(tmp_path):
    with settings_of_the_month(tmp_path / "home") as settings:
        account = simulate(settings, 4)
    assert account.all_wrong == ()
    assert [each.outcome for each in account.nights][:3] == ["promoted", "stopped", "refused"]
    assert sum(len(each.receipts) for each in account.nights) == 1
