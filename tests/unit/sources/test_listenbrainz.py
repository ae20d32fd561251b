"""ListenBrainz: what becomes of dumps and exports, which id a track gets, and what is refused."""

from __future__ import annotations

import gzip
import json
import tarfile
from collections import Counter
from datetime import UTC, datetime

import pyarrow as pa
import pytest

from pipelines.data.cleaning import clean
from pipelines.data.names import named_track_id
from pipelines.errors import ConfigError, NotEnoughDataError, SourceError
from pipelines.sources.base import PersonOptions, SourceOptions
from pipelines.sources.listenbrainz import ListenBrainz, ListenBrainzExport
from pipelines.testing.listens import MBID, MSID, SPOTIFY_ID, json_lines, listen, write_dump, write_export

OTHER = "99999999-2222-4333-8444-555555555555"
ONE = named_track_id("listenbrainz", "Ann Lee", "One")


def dump_of(tmp_path, *records):
    path = tmp_path / "x.listens"
    path.write_bytes(json_lines(list(records)))
    return clean(ListenBrainz(SourceOptions(archive=path)))


def export_of(tmp_path, **changes):
    files = {name.replace("_dot_", ".").replace("__", "/"): content for name, content in changes.items()}
    path = write_export(tmp_path / "listenbrainz_secret_1.zip", files)
    return clean(ListenBrainzExport(PersonOptions(archive=path, listener="ann", consent="c1")))


def rows(cleaned, *names):
    return [tuple(row[name] for name in names) for row in cleaned.tables.interactions.data.to_pylist()]


def tracks(cleaned, *names):
    found = [tuple(row[name] for name in names) for row in cleaned.tables.tracks.data.to_pylist()]
    return found[0] if len(found) == 1 else found


def test_a_listen_of_a_dump_is_a_play_by_a_numbered_listener(tmp_path):
    cleaned = clean(ListenBrainz(SourceOptions(archive=write_dump(tmp_path / "dump.tar.zst"))))
    begin = datetime(2020, 1, 1, tzinfo=UTC)
    assert rows(cleaned, "user_id", "track_id", "kind", "value", "consent")[:2] == [
        ("listenbrainz:0", f"mbid:{MBID}", "play", None, None),
        ("listenbrainz:1", f"mbid:{MBID}", "play", None, None),
    ]
    minutes = [(row[0] - begin).total_seconds() / 60 for row in rows(cleaned, "at")]
    assert minutes == [0, 1, 2, 50_000]


def test_a_dump_is_the_same_packed_unpacked_in_a_folder_and_as_one_file(tmp_path):
    content = json_lines([listen(number, user=number % 2) for number in range(4)])
    dump = write_dump(tmp_path / "dump.tar.zst", {"listens/2020/1.listens": content})
    (tmp_path / "dump.tar").write_bytes(pa.input_stream(str(dump), compression="zstd").read())
    with tarfile.open(tmp_path / "dump.tar") as archive:
        archive.extractall(tmp_path / "folder", filter="data")
    (tmp_path / "1.listens").write_bytes(content)
    (tmp_path / "1.listens.gz").write_bytes(gzip.compress(content))
    forms = ("dump.tar.zst", "dump.tar", "folder", "1.listens", "1.listens.gz")
    found = [clean(ListenBrainz(SourceOptions(archive=tmp_path / form))).tables for form in forms]
    assert len(found[0].interactions) == 4
    for tables in found[1:]:
        assert tables.interactions.data.equals(found[0].interactions.data)
        assert tables.tracks.data.equals(found[0].tracks.data)


@pytest.mark.parametrize(
    ("info", "mapping", "found"),
    [
        ({"recording_mbid": MBID.upper(), "spotify_id": SPOTIFY_ID}, {"recording_mbid": OTHER}, f"mbid:{MBID}"),
        ({"spotify_id": f"https://open.spotify.com/track/{SPOTIFY_ID}"}, {"recording_mbid": OTHER}, f"mbid:{OTHER}"),
        ({"spotify_id": f"https://open.spotify.com/track/{SPOTIFY_ID}"}, None, f"spotify:track:{SPOTIFY_ID}"),
        ({"recording_mbid": "none", "spotify_id": ""}, None, ONE),
        ({}, None, ONE),
    ],
)
def test_a_track_gets_the_strongest_id_its_listen_has(tmp_path, info, mapping, found):
    cleaned = dump_of(tmp_path, listen(0, user=1, info=info, mbid_mapping=mapping))
    assert rows(cleaned, "track_id") == [(found,)]
    assert tracks(cleaned, "track_id") == (found,)


def test_what_a_listen_says_about_its_track_is_kept(tmp_path):
    info = {"recording_mbid": MBID, "duration_ms": 200_000, "isrc": "us-abc-12-34567"}
    credits_ = [{"artist_credit_name": "Ann Lee", "join_phrase": " & "}, {"artist_credit_name": "Bo"}]
    mapping = {"recording_mbid": MBID, "recording_name": "One (proper)", "artists": credits_}
    cleaned = dump_of(tmp_path, listen(0, user=1, info=info, mbid_mapping=mapping))
    names = ("title", "artists", "album", "isrc", "duration_ms")
    assert tracks(cleaned, *names) == ("One (proper)", ["Ann Lee", "Bo"], "First", "USABC1234567", 200_000)


@pytest.mark.parametrize(
    ("info", "milliseconds"),
    [({"duration": 200}, 200_000), ({"duration_ms": "200000"}, 200_000), ({"duration_ms": 0}, None), ({}, None)],
)
def test_a_length_may_be_in_seconds_or_text_and_zero_is_none(tmp_path, info, milliseconds):
    assert tracks(dump_of(tmp_path, listen(0, user=1, info=info)), "duration_ms") == (milliseconds,)


def test_a_line_of_other_types_says_the_same_as_one_of_the_usual_ones(tmp_path):
    usual = [listen(number, user=7, info={"duration_ms": 1000, "isrc": "USABC1234567"}) for number in range(3)]
    odd = json.loads(json.dumps(usual))
    odd[1]["track_metadata"]["additional_info"] |= {"duration_ms": "1000", "isrc": ["USABC1234567"]}
    odd[2] |= {"user_id": "7", "listened_at": str(odd[2]["listened_at"])}
    one, two = (dump_of(tmp_path, *records).tables for records in (usual, odd))
    assert sorted(map(str, one.interactions.data.to_pylist())) == sorted(map(str, two.interactions.data.to_pylist()))
    assert one.tracks.data.equals(two.tracks.data)


def test_the_time_may_have_its_old_name(tmp_path):
    record = listen(5, user=1)
    record["timestamp"] = record.pop("listened_at")
    assert rows(dump_of(tmp_path, record), "at") == [(datetime(2020, 1, 1, 0, 5, tzinfo=UTC),)]


def test_the_name_of_a_listener_is_never_kept(tmp_path):
    named = [listen(0), listen(1), listen(2)]
    for record, name in zip(named, ("rob", "rob", "eve"), strict=True):
        record["user_name"] = name
    users = [user for (user,) in rows(dump_of(tmp_path, *named), "user_id")]
    assert users[0] == users[1] != users[2]
    assert all(user.startswith("listenbrainz:") and len(user) == len("listenbrainz:") + 20 for user in users)


def test_lines_that_cannot_be_used_are_rejected_with_their_place_and_the_sum_holds(tmp_path):
    good = json_lines([listen(0, user=1), listen(1, user=1)])
    playing = listen(2, user=1)
    del playing["listened_at"]
    bad = [b"{broken\n", b'{"user_id": 1, "user_id": 2}\n', b"[]\n", json_lines([listen(3, user=1, track_name=None)])]
    path = write_dump(tmp_path / "d.tar.zst", {"listens/2020/1.listens": good + b"".join(bad) + json_lines([playing])})
    cleaned = clean(ListenBrainz(SourceOptions(archive=path)))
    counts = cleaned.counts["interactions"]
    assert (counts.read, counts.kept, counts.left_out) == (7, 2, {"playing now, not yet a listen": 1})
    assert counts.rejected == {"missing user_id": 3, "missing track_id": 1}
    places = [json.loads(row)["line"] for row in cleaned.rejected["row"].to_pylist()]
    assert [place and place.partition("listens/")[2] for place in places] == [
        None, "2020/1.listens, line 3", "2020/1.listens, line 4", "2020/1.listens, line 5",
    ]  # fmt: skip


def test_an_export_is_one_person_with_likes_and_what_is_left_out(tmp_path):
    cleaned = export_of(tmp_path)
    assert rows(cleaned, "user_id", "track_id", "kind", "consent") == [
        ("person:ann", f"mbid:{MBID}", "play", "c1"),
        ("person:ann", named_track_id("listenbrainz", "Ann Lee", "Two"), "play", "c1"),
        ("person:ann", f"mbid:{MBID}", "like", "c1"),
    ]
    assert cleaned.counts["interactions"].left_out == {"pinned recordings": 1}


def test_feedback_is_joined_by_either_id_and_counted_where_it_cannot_be(tmp_path):
    feedback = [
        {"recording_msid": MSID, "score": -1, "created": 1_577_836_800},
        {"recording_mbid": OTHER, "score": 1, "created": 1_577_836_801},
        {"recording_msid": MSID, "score": 0, "created": 1_577_836_802},
        {"recording_msid": MSID, "score": 7, "created": 1_577_836_803},
    ]
    listens = json_lines([listen(0, info={"spotify_id": SPOTIFY_ID})])
    cleaned = export_of(
        tmp_path, listens__2020__1_dot_jsonl=listens, feedback_dot_jsonl=json_lines(feedback) + b"broken\n"
    )
    assert rows(cleaned, "track_id", "kind") == [
        (f"spotify:track:{SPOTIFY_ID}", "play"),
        (f"spotify:track:{SPOTIFY_ID}", "dislike"),
    ]
    counts = cleaned.counts["interactions"]
    assert counts.read == 1 + 5 + 1
    assert counts.left_out == {
        "pinned recordings": 1,
        "feedback taken back (score 0)": 1,
        "feedback on a recording without a listen in the export": 1,
    }
    assert counts.rejected == {"missing kind": 1, "missing track_id": 1}


def test_the_older_export_is_one_array(tmp_path):
    path = tmp_path / "secret_lb-2020.json"
    path.write_text(json.dumps([listen(0), listen(1)]), encoding="utf-8")
    cleaned = clean(ListenBrainzExport(PersonOptions(archive=path)))
    assert rows(cleaned, "user_id", "track_id") == [("person:me", ONE)] * 2


def test_nothing_of_an_export_that_names_its_owner_is_kept(tmp_path):
    path = write_export(tmp_path / "listenbrainz_secret_1.zip", {"listens/2020/2.jsonl": b"{secret broken\n"})
    source = ListenBrainzExport(PersonOptions(archive=path))
    cleaned = clean(source)
    kept = [str(table.to_pylist()) for table in (cleaned.tables.interactions.data, cleaned.rejected)]
    assert "secret" not in " ".join([*kept, str(source.provenance().to_json())])


def test_a_track_said_in_the_same_words_is_said_once(tmp_path):
    path = tmp_path / "x.listens"
    path.write_bytes(
        json_lines([listen(number, user=1) for number in range(9)] + [listen(9, user=1, release_name="Best")])
    )
    batches = list(ListenBrainz(SourceOptions(archive=path)).tracks())
    assert Counter(row["album"] for batch in batches for row in batch.to_pylist()) == {"First": 1, "Best": 1}


@pytest.mark.parametrize("kind", [ListenBrainz, ListenBrainzExport])
def test_without_a_file_there_is_nothing_to_read(kind):
    with pytest.raises(ConfigError, match="no file was named"):
        kind()


@pytest.mark.parametrize(
    ("name", "content", "error", "said"),
    [
        ("x.listens", b"", NotEnoughDataError, "it has not one interaction"),
        ("x.listens", b'{"ts": "2020", "ms_played": 1}\n' * 3, NotEnoughDataError, "not one of 3 interactions"),
        ("x.listens", "[]".encode("utf-16"), SourceError, "not valid utf-8"),
        ("x.listens", b"\x28\xb5\x2f\xfd\x00\x00", SourceError, "damaged, cut short"),
    ],
)
def test_what_is_no_dump_is_refused_in_one_sentence(tmp_path, name, content, error, said):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(error, match=said):
        clean(ListenBrainz(SourceOptions(archive=tmp_path / name)))
