"""The project as a whole: who owns its names, what the locks hold, which way imports go."""

import flows


def test_the_packages_are_importable_from_the_root():
    assert flows.__file__
