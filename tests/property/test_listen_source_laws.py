"""Laws of the listening sources: every form of a file says the same, the sums add up, and no bytes bring them down."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from pipelines.data.cleaning import clean
from pipelines.errors import CrossfadeError, NotEnoughDataError
from pipelines.sources import json_records, source_type
from pipelines.testing.listens import MBID, PLAYLIST, SCROBBLES, json_lines, listen, write_dump, write_export

# A failing input is found in seconds and shrunk for minutes, so it is shown as it was found.
QUICK = (Phase.explicit, Phase.reuse, Phase.generate)
FEW = settings(max_examples=20, deadline=None, phases=QUICK)
FUZZ = settings(max_examples=25, deadline=None, phases=QUICK)
SOURCES = ("listenbrainz", "listenbrainz-export", "lastfm", "exportify")

NAMES = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Z"], include_characters=' ",;|\n#\\'), min_size=1, max_size=8
)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(), max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
LISTENS = st.builds(
    listen,
    st.integers(0, 1000),
    user=st.none() | st.integers(0, 5),
    track_name=NAMES | JSON,
    artist_name=NAMES | JSON,
    info=st.dictionaries(
        st.sampled_from(["recording_mbid", "duration_ms", "isrc", "spotify_id"]), JSON | st.just(MBID)
    ),
    mbid_mapping=JSON,
)
RECORDS = st.lists(
    LISTENS | st.dictionaries(st.sampled_from(["listened_at", "score", "track_metadata"]), JSON), min_size=1
)


def source_on(name, path):
    kind = source_type(name)
    return kind(kind.options_type(archive=path))


def account(name, path):
    """Return what is left of an input, after a check that the sums of every table add up; None where it is refused."""
    source = source_on(name, path)
    try:
        cleaned = clean(source)
    except NotEnoughDataError:
        return None
    for table in (cleaned.tables.interactions, cleaned.tables.tracks, cleaned.tables.playlists):
        counts = cleaned.counts[table.name]
        gone = sum(sum(reasons.values()) for reasons in (counts.left_out, counts.rejected, counts.merged))
        assert counts.read + counts.built == counts.kept + gone
        assert counts.kept == len(table)
    return cleaned


def refusal(name, path):
    """Return why an input is refused, "" where it is not; any other error comes through."""
    try:
        account(name, path)
    except CrossfadeError as error:
        return str(error)
    return ""


def rows_of(cleaned):
    """Return the interactions without their order; None where there are none."""
    return None if cleaned is None else Counter(map(str, cleaned.tables.interactions.data.to_pylist()))


@FEW
@given(records=RECORDS)
def test_listens_are_the_same_as_lines_as_an_array_and_in_blocks_of_any_size(records):
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        lines, array = Path(folder, "x.jsonl"), Path(folder, "x.json")
        lines.write_bytes(json_lines(records))
        entries = [json.loads(line) for line in lines.read_bytes().splitlines()]
        array.write_text(json.dumps(entries), encoding="utf-8")
        whole = account("listenbrainz-export", lines)
        patch.setattr(json_records, "_BLOCK_BYTES", 256)
        parts = [account("listenbrainz-export", path) for path in (lines, array)]
        assert [rows_of(each) for each in parts] == [rows_of(whole)] * 2
        if whole is not None:
            assert [each.counts["interactions"].read for each in parts] == [len(records)] * 2


@FEW
@given(
    scrobbles=st.lists(
        st.tuples(NAMES, NAMES, NAMES, st.integers(1_000_000_000, 1_600_000_000)), min_size=1, max_size=8
    ),
    delimiter=st.sampled_from(",;\t"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_scrobbles_are_read_back_as_they_were_written(scrobbles, delimiter, encoding, end):
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerows([("Artist", "Album", "Track", "UTS"), *scrobbles])
    with TemporaryDirectory() as folder:
        path = Path(folder, "x.csv")
        path.write_bytes(text.getvalue().encode(encoding))
        (batch,) = source_on("lastfm", path)._scrobbles()
        found = [(row["artist"], row["album"], row["track"], row["time"]) for row in batch.to_pylist()]
        assert found == [(*(each.strip() for each in row[:3]), str(row[3])) for row in scrobbles]
        account("lastfm", path)


def good_input(name, folder):
    """Write a good input and return its path."""
    if name == "listenbrainz":
        return write_dump(folder / "x.tar.zst")
    if name == "listenbrainz-export":
        return write_export(folder / "x.zip")
    path = folder / "x.csv"
    path.write_text(SCROBBLES if name == "lastfm" else PLAYLIST, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", SOURCES)
@FUZZ
@given(data=st.data())
def test_a_damaged_input_is_refused_in_one_sentence_or_read_with_sums_that_hold(name, data):
    with TemporaryDirectory() as folder:
        path = good_input(name, Path(folder))
        content = bytearray(path.read_bytes())
        for _ in range(data.draw(st.integers(1, 4))):
            place = data.draw(st.integers(0, max(len(content) - 1, 0)))
            length = data.draw(st.integers(0, 40))
            content[place : place + length] = data.draw(st.binary(max_size=40))
        path.write_bytes(content)
        assert "\n" not in refusal(name, path)


@pytest.mark.parametrize("name", SOURCES)
@FUZZ
@given(
    content=st.binary(max_size=300)
    | st.text(max_size=100).map(str.encode)
    | JSON.map(lambda each: json.dumps(each).encode())
)
def test_no_bytes_bring_a_source_down(name, content):
    suffix = ".csv" if name in {"lastfm", "exportify"} else ".jsonl"
    with TemporaryDirectory() as folder:
        alone, packed = Path(folder, f"x{suffix}"), Path(folder, "x.zip")
        alone.write_bytes(content)
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr(f"x{suffix}", content)
        for path in (alone, packed):
            assert "\n" not in refusal(name, path)
