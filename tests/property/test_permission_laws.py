"""Laws of permission: what may be used for what, row by row, whatever was granted and withdrawn."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from pipelines.config import MatrixRules, TrainingConfig
from pipelines.data import columns as c
from pipelines.data.approval import Verdict, fingerprint
from pipelines.data.consent import Consent
from pipelines.data.permissions import Permissions, permitted, usable_tracks
from pipelines.data.provenance import SPOTIFY_API, Provenance, Use
from pipelines.data.snapshot_writing import write_snapshot
from pipelines.data.tables import InteractionTable, PlaylistTable, Tables, TrackCatalogue
from pipelines.features.build import build_dataset

SOURCES = ("open", "closed", "export", SPOTIFY_API)
LISTENERS = ("u1", "u2", "person:ada", "person:ben")
IDS = ("c1", "c2", "c3")
TRACKS = ("a", "b", "d")

ANYTHING = frozenset(Use)
OPEN = Provenance("open", "made up", "CC0-1.0")
AGREEING = [(user, track, "open", None) for user in ("u1", "u2") for track in ("a", "b")]

uses = st.just(ANYTHING) | st.frozensets(st.sampled_from(Use))
provenances = st.fixed_dictionaries(dict.fromkeys(SOURCES, uses)).map(
    lambda chosen: tuple(Provenance(source, "made up", "terms", permits) for source, permits in chosen.items())
)
consents = st.lists(
    st.builds(
        Consent,
        consent_id=st.sampled_from(IDS),
        person=st.sampled_from(LISTENERS[2:]),
        source=st.sampled_from(SOURCES),
        uses=uses,
        text_name=st.just("diary"),
        text_version=st.just(1),
        text_sha256=st.just("0"),
        granted_at=st.just("2026-01-01T00:00:00+00:00"),
        withdrawn_at=st.sampled_from([None, "2026-01-02T00:00:00+00:00"]),
    ),
    unique_by=lambda consent: consent.consent_id,
    min_size=1,
    max_size=3,
).map(tuple)
permissions = st.builds(Permissions, consents=consents, train_on_spotify_api=st.booleans())


@st.composite
def cases(draw):
    """Permissions and rows, most of which rest on one of the consents or nearly do."""
    allowed = draw(permissions)
    anything = st.tuples(
        st.sampled_from(LISTENERS), st.sampled_from(TRACKS), st.sampled_from(SOURCES), st.sampled_from([None, *IDS])
    )
    lines = []
    for line in draw(st.lists(anything, max_size=12)):
        consent = draw(st.sampled_from(allowed.consents))
        rests = (consent.person, line[1], consent.source, consent.consent_id)
        # All four parts of the consent, or all but one of them.
        strange = draw(st.sampled_from([None, None, 0, 2, 3, *range(4)]))
        lines.append(tuple(line[place] if place == strange else part for place, part in enumerate(rests)))
        if draw(st.booleans()):
            lines.append(line)
    return lines, allowed


def table(lines):
    names = (c.USER_ID, c.TRACK_ID, c.SOURCE, c.CONSENT)
    columns = {name: pa.array([line[place] for line in lines], pa.string()) for place, name in enumerate(names)}
    return InteractionTable(pa.table({**columns, c.KIND: pa.array([c.LIKE] * len(lines), pa.string())}))


def may(line, use, origins, allowed):
    """Say it again for one row, in the words of the rule."""
    user, _, source, consent = line
    (origin,) = (entry for entry in origins if entry.source == source)
    decided = source == SPOTIFY_API and use is Use.TRAIN and allowed.train_on_spotify_api
    if use not in origin.uses and not decided:
        return False
    if consent is None and not user.startswith("person:"):
        return True
    return any(
        (each.consent_id, each.person, each.source) == (consent, user, source)
        and each.withdrawn_at is None
        and use in each.uses
        for each in allowed.consents
    )


@given(cases(), st.sampled_from(Use), provenances)
def test_a_row_may_be_used_where_its_source_and_its_person_permit_it(case, use, origins):
    lines, allowed = case
    found = permitted(table(lines).data, use, origins, allowed)
    assert found.to_pylist() == [may(line, use, origins, allowed) for line in lines]


@given(cases(), st.sampled_from(Use), provenances, st.data())
def test_withdrawing_a_consent_shuts_out_what_rests_on_it_and_lets_nothing_in(case, use, origins, data):
    lines, allowed = case
    gone = data.draw(st.sampled_from(allowed.consents))
    withdrawn = dataclasses.replace(gone, withdrawn_at="2026-01-03T00:00:00+00:00")
    fewer = dataclasses.replace(
        allowed, consents=tuple(withdrawn if each == gone else each for each in allowed.consents)
    )
    before = permitted(table(lines).data, use, origins, allowed).to_pylist()
    after = permitted(table(lines).data, use, origins, fewer).to_pylist()
    assert all(old or not new for old, new in zip(before, after, strict=True))
    rests_on_it = [line[3] == gone.consent_id for line in lines]
    assert not any(new for new, rests in zip(after, rests_on_it, strict=True) if rests)


@given(cases(), provenances)
def test_a_row_that_may_not_train_never_reaches_a_matrix(case, origins):
    # Whatever else there is, two listeners who share two tracks make a matrix.
    lines, allowed = [*AGREEING, *case[0]], case[1]
    origins = (OPEN, *(origin for origin in origins if origin.source != OPEN.source))
    # The track of a row that may not train has a name of its own, so that any trace of the row would show.
    marked = [
        line if may(line, Use.TRAIN, origins, allowed) else (line[0], f"secret {line[1]}", *line[2:]) for line in lines
    ]
    titles = pa.table(
        {
            c.TRACK_ID: [f"{kind}{track}" for kind in ("", "secret ") for track in TRACKS],
            c.SOURCE: ["open"] * 3 + ["closed"] * 3,
            c.ARTISTS: [["Somebody"]] * 6,
        }
    )
    tables = Tables(table(marked), TrackCatalogue(titles), PlaylistTable.empty())
    with TemporaryDirectory() as folder:
        verdict = Verdict(subject=fingerprint(tables), suite="rules", checked=1)
        snapshot = write_snapshot(Path(folder), tables, verdict, origins)
        config = TrainingConfig(matrix=MatrixRules(core=1))
        trainable = [line for line in marked if "secret" not in line[1]]
        dataset = build_dataset(snapshot, config, allowed)
    assert set(dataset.users.ids) <= {line[0] for line in trainable}
    assert set(dataset.tracks.ids) <= {line[1] for line in trainable}
    pairs = {(line[0], line[1]) for line in trainable}
    rows_, columns_ = dataset.histories.nonzero()
    assert {(dataset.users.ids[r], dataset.tracks.ids[t]) for r, t in zip(rows_, columns_, strict=True)} <= pairs
    assert set(dataset.consents) <= {line[3] for line in trainable}
    assert dataset.left_out["withheld"] == len(marked) - len(trainable)


@given(provenances, permissions, st.sampled_from(Use))
def test_of_a_track_that_may_not_be_used_only_the_id_is_left(origins, allowed, use):
    known = TrackCatalogue(
        pa.table({c.TRACK_ID: list("wxyz"), c.SOURCE: list(SOURCES), c.TITLE: ["T"] * 4, c.ARTISTS: [["A"]] * 4})
    )
    found = usable_tracks(known, use, origins, allowed).data
    assert found[c.TRACK_ID].to_pylist() == list("wxyz")
    may_be = permitted(known.data, use, origins, allowed).to_pylist()
    assert [title is not None for title in found[c.TITLE].to_pylist()] == may_be
    assert [artists is not None for artists in found[c.ARTISTS].to_pylist()] == may_be
