from __future__ import annotations

import pytest

from pipelines.data.consent import Consent
from pipelines.data.provenance import ALL_USES, Provenance
from pipelines.errors import UnknownIdError
from pipelines.home import Home
from pipelines.release.bentos import BuiltBento, note_bento, read_bentos
from pipelines.release.lineage import Line, RowSource, Served, trace

CONSENT = Consent("consent-1", "me", "lastfm", ALL_USES, "words", 1, "0" * 64, "2026-11-01T00:00:00+00:00")
OWN = RowSource(Provenance("lastfm", "a file", "one's own"), 120, "2026-11-02T00:00:00+00:00", (CONSENT,))
PUBLIC = RowSource(Provenance("hetrec-lastfm", "an archive", "research"), 92_834, None)


def line(number, *, snapshot, sources, bundle=None, bentos=()):
    return Line(
        training_id=f"training-{number}",
        trained_at=f"2026-11-0{number}T00:00:00+00:00",
        model_version=str(number),
        recommender="hybrid",
        bundle_id=bundle or f"bundle-{number}",
        snapshot_id=snapshot,
        config_hash="config-1",
        commit=f"commit-{number}-changed",
        bentos=bentos,
        sources=sources,
    )


LINES = (
    line(1, snapshot="snapshot-a", sources=(PUBLIC,)),
    line(2, snapshot="snapshot-b", sources=(PUBLIC, OWN), bentos=("crossfade:abc",)),
    line(3, snapshot="snapshot-b", sources=(PUBLIC, OWN)),
)
SHOWN = Served("request-1", "bundle-2", "2026-11-20T10:00:00.000000+00:00")


def found(anything):
    def request(request_id):
        return SHOWN if request_id == SHOWN.request_id else None

    result = trace(LINES, anything, request)
    return result.kinds, [each.training_id for each in result.lines]


@pytest.mark.parametrize(
    ("anything", "kind", "trainings"),
    [
        ("training-1", "training", ["training-1"]),
        ("2", "model version", ["training-2"]),
        ("crossfade/2", "model version", ["training-2"]),
        ("bundle-3", "bundle", ["training-3"]),
        ("snapshot-b", "snapshot", ["training-3", "training-2"]),
        ("config-1", "configuration", ["training-3", "training-2", "training-1"]),
        ("commit-1", "commit", ["training-1"]),
        ("crossfade:abc", "bento", ["training-2"]),
        ("lastfm", "source", ["training-3", "training-2"]),
        ("consent-1", "consent", ["training-3", "training-2"]),
        ("request-1", "request", ["training-2"]),
    ],
)
def test_any_id_leads_to_the_models_it_belongs_to_the_latest_first(anything, kind, trainings):
    assert found(anything) == ((kind,), trainings)


def test_ids_may_be_cut_off_and_then_lead_to_all_that_begin_so():
    assert found("snapsh") == (("snapshot",), ["training-3", "training-2", "training-1"])
    with pytest.raises(UnknownIdError, match="nothing here has the id 'snaps'"):
        found("snaps")


def test_a_request_leads_down_to_the_consents_of_the_rows():
    result = trace(LINES, "request-1", lambda _: SHOWN)
    assert result.served == SHOWN
    said = result.to_json()["lines"][0]["sources"][1]
    assert (said["source"], said["rows"], said["consents"][0]["consent_id"]) == ("lastfm", 120, "consent-1")
    assert said["consents"][0]["active"] is True


def test_a_list_of_a_model_that_is_gone_is_still_a_list():
    result = trace(LINES, "request-2", lambda request_id: Served(request_id, "long gone", "2026"))
    assert (result.kinds, result.lines) == (("request",), ())


def test_bentos_are_kept_by_line_and_one_that_was_cut_off_is_left_out(tmp_path):
    home = Home(tmp_path)
    assert read_bentos(home) == ()
    built = [BuiltBento(f"crossfade:{name}", "bundle-1", "2026-11-26T12:00:00+00:00") for name in "ab"]
    for bento in built:
        note_bento(home, bento)
    assert read_bentos(home) == tuple(built)
    with home.built_bentos.open("a") as file:
        file.write('{"tag": "cross')
    assert read_bentos(home) == tuple(built)
