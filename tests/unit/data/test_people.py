"""The ids of people whose own data are read."""

from __future__ import annotations

import pytest

from pipelines.data.people import is_person, person_id
from pipelines.errors import ConfigError


def test_the_same_name_is_the_same_person_whatever_stands_around_it():
    assert person_id(" Ann ") == person_id("Ann") == "person:Ann"
    assert is_person(person_id("Zoë B."))
    assert not is_person("Ann")


@pytest.mark.parametrize("name", ["", "  ", "../etc", "a/b", "a\nb", "x" * 65])
def test_a_name_that_could_be_a_path_or_a_line_is_refused(name):
    with pytest.raises(ConfigError, match="cannot be the name of a listener"):
        person_id(name)
