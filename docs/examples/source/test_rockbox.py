"""The package's own test: Crossfade's contract, and what is particular to it."""

import pytest
from crossfade_rockbox import Rockbox

from pipelines.errors import SourceError
from pipelines.sources.base import PersonOptions
from pipelines.testing.sources import check_source

LOG = """#AUDIOSCROBBLER/1.1
#TZ/UTC
#CLIENT/Rockbox
Björk\tHomogenic\tJóga\t2\t305\tL\t1767225600\t
Björk\tHomogenic\tHunter\t1\t255\tS\t1767225905\t
Björk\tHomogenic\tBachelorette\t4\t312\tL\tyesterday\t
"""


@pytest.fixture
def log(tmp_path):
    path = tmp_path / ".scrobbler.log"
    path.write_text(LOG, encoding="utf-8")
    return path


def test_keeps_the_contract(log):
    check_source(lambda: Rockbox(PersonOptions(archive=log, listener="ann", consent="c1")))


def test_tells_plays_from_skips_and_counts_what_is_neither(log):
    source = Rockbox(PersonOptions(archive=log))
    (batch,) = source.interactions()
    assert batch["kind"].to_pylist() == ["play", "skip"]
    assert batch["at"].to_pylist()[0] == "2026-01-01T00:00:00+00:00"
    assert source.left_out["interactions"] == {"lines that are neither play nor skip": 1}


def test_refuses_another_file(log):
    log.write_text("artist,title\n", encoding="utf-8")
    with pytest.raises(SourceError, match="no scrobbler log"):
        list(Rockbox(PersonOptions(archive=log)).interactions())
