"""Every source that can be found by name keeps the shared contract."""

from __future__ import annotations

import pytest

from pipelines.errors import ConfigError
from pipelines.sources import built_in_names, source_type
from pipelines.testing.archives import EXAMPLES
from pipelines.testing.sources import PROMISES


def test_every_source_has_an_example_to_be_tested_on():
    assert set(EXAMPLES) == set(built_in_names())


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.__name__)
@pytest.mark.parametrize("name", EXAMPLES)
def test_keeps_its_promise(name, promise, tmp_path):
    promise(lambda: EXAMPLES[name](tmp_path))


@pytest.mark.parametrize("name", EXAMPLES)
def test_is_found_by_its_own_name(name):
    assert source_type(name).name == name


def test_an_unknown_name_is_refused_with_the_known_ones():
    with pytest.raises(ConfigError, match=r"there is no source 'tape'.*synthetic, files"):
        source_type("tape")
