"""Pictures: the pipeline is the one of the code, and every picture is small, used and described."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from infra.docs.pictures import LIMIT, PICTURES
from infra.docs.pipeline_picture import BANDS, TARGET, picture

ROOT = Path(__file__).resolve().parents[3]
SHOWN = re.compile(r"!\[([^\]]*)\]\(([^)]+)\)")


def test_the_pipeline_is_the_one_of_the_code():
    assert TARGET.read_text(encoding="utf-8") == picture(), "run: python -m infra.docs.pipeline_picture"


def test_the_pipeline_names_flows_and_values_and_says_what_each_is():
    root = ET.fromstring(picture())  # noqa: S314 - our own
    texts = [text for element in root.iter() if (text := element.text)]
    for band in BANDS:
        assert any(text.startswith("flow ") for text in texts)
        assert {stage.value.partition(":")[2] for stage in band.stages} <= set(texts)
    titles = [title.text for title in root.iter("{http://www.w3.org/2000/svg}title")]
    assert len(titles) == 1 + sum(len(band.stages) for band in BANDS)
    assert all(titles)


@pytest.fixture(scope="module")
def shown():
    """Every picture that a page shows, with its description."""
    found = {}
    for page in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]:
        for words, target in SHOWN.findall(page.read_text(encoding="utf-8")):
            found[(page.parent / target).resolve()] = words
    return found


def test_every_picture_is_shown_somewhere_and_described(shown):
    assert set(shown) == set(PICTURES.iterdir())
    assert all(len(words.split()) > 3 for words in shown.values())


def test_pictures_are_small():
    sizes = {path.name: path.stat().st_size for path in PICTURES.iterdir()}
    assert {name: size for name, size in sizes.items() if size > LIMIT} == {}
    assert sum(sizes.values()) < 1_500_000
