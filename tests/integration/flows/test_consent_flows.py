"""Consent and provenance through the whole loop: what is read, what a model learns from, what is said about it."""

from __future__ import annotations

import pyarrow as pa
import pytest
from mlflow import MlflowClient

from flows.consent import permissions_of
from flows.ingestion import ingest
from flows.latest import latest_snapshot, set_latest_snapshot
from flows.promotion_evidence import champion_to_meet
from flows.settings import load_settings
from flows.training import train
from flows.withdrawn import what_remains
from pipelines.config import load_config
from pipelines.data import columns as c
from pipelines.data.approval import Verdict, fingerprint
from pipelines.data.provenance import SPOTIFY_API, Provenance, Use
from pipelines.data.reading import Reading
from pipelines.data.snapshot_writing import write_snapshot
from pipelines.data.tables import InteractionTable, PlaylistTable, Tables
from pipelines.errors import NotEnoughDataError, NotPermittedError
from pipelines.features.build import build_dataset
from pipelines.release.bundle import read_bundle
from pipelines.release.champion import bundle_path, set_champion
from pipelines.testing.worlds import catalogue_of
from tests.support.people import TRACKS, agree, withdraw, write_scrobbles

pytestmark = pytest.mark.integration


@pytest.fixture
def scrobbles(tmp_path):
    return {"archive": str(write_scrobbles(tmp_path / "scrobbles.csv"))}


def bundle_of(home, summary):
    return read_bundle(bundle_path(home, summary.record.bundle_id))


def test_a_person_is_learned_from_while_they_agree_and_no_longer(new_home, scrobbles):
    ingest("synthetic", {"size": "tiny"})
    ada, ben = agree(new_home, "ada"), agree(new_home, "ben")
    for listener in ("ada", "ben"):
        ingest("lastfm", {**scrobbles, "listener": listener})
    first = train()
    settings, bundle = load_settings().settings, bundle_of(new_home, first)
    basis = {"consents": sorted([ada.consent_id, ben.consent_id]), "train_on_spotify_api": False}
    assert {"person:ada", "person:ben"} <= set(bundle.users.ids)
    assert bundle.manifest["lineage"]["permissions"] == first.record.basis == basis
    tags = MlflowClient(settings.tracking_uri).get_run(first.record.training_id).data.tags
    assert tags["consents"] == ", ".join(basis["consents"])
    assert tags["train_on_spotify_api"] == "false"

    set_champion(new_home, bundle.bundle_id, "for this test")
    assert champion_to_meet(settings) is not None
    withdraw(new_home, "ben")
    assert champion_to_meet(settings) is None, "it is no bar any more"
    remains = what_remains(new_home, [ben])
    assert (remains.interactions, remains.bundles, remains.champion) == (
        TRACKS,
        (bundle.bundle_id,),
        bundle.bundle_id,
    )

    second = train()
    assert second.record.snapshot_id == first.record.snapshot_id
    assert second.facts["left_out.withheld"] == TRACKS
    assert second.record.basis["consents"] == [ada.consent_id]
    # Without Ben nobody shares Ada's tracks, so her rows are left out of the core: of Ben there is no trace.
    assert "person:ben" not in set(bundle_of(new_home, second).users.ids)

    with pytest.raises(NotPermittedError, match=r"'ben' has not agreed .* or has taken it back"):
        ingest("lastfm", {**scrobbles, "listener": "ben"})
    again = agree(new_home, "ben")
    assert again.consent_id == ben.consent_id
    known = build_dataset(latest_snapshot(new_home), load_config(settings.training), permissions_of(settings))
    assert known.consents == tuple(basis["consents"]), "what is still stored is used again"


def test_one_person_alone_is_let_in_and_then_told_that_others_are_missing(new_home, scrobbles):
    agree(new_home, "ada")
    summary = ingest("lastfm", {**scrobbles, "listener": "ada"})
    assert summary.rows["interactions"] == TRACKS
    with pytest.raises(NotEnoughDataError, match="ingest the listening of more people beside it"):
        train()


@pytest.fixture
def api_rows(new_home):
    """Eight people's rows of the Web API, permitted for display and as seeds, with everybody's consent."""
    people = [f"p{number}" for number in range(8)]
    consents = {name: agree(new_home, name, SPOTIFY_API).consent_id for name in people}
    rows = [(name, track) for name in people for track in range(TRACKS) if (int(name[1]) + track) % 3]
    interactions = InteractionTable(
        pa.table(
            {
                c.USER_ID: [f"person:{name}" for name, _ in rows],
                c.TRACK_ID: [f"t{track}" for _, track in rows],
                c.KIND: [c.SAVE] * len(rows),
                c.SOURCE: [SPOTIFY_API] * len(rows),
                c.CONSENT: [consents[name] for name, _ in rows],
            }
        )
    )
    tracks = catalogue_of([f"t{track}" for track in range(TRACKS)], source=[SPOTIFY_API] * TRACKS)
    tables = Tables(interactions, tracks, PlaylistTable.empty())
    origin = Provenance(SPOTIFY_API, "the Web API", "its terms", frozenset({Use.DISPLAY, Use.SEED}))
    verdict = Verdict(subject=fingerprint(tables), suite="rules", checked=1)
    snapshot = write_snapshot(new_home.snapshots, tables, verdict, (origin,), {SPOTIFY_API: Reading.PERSON})
    set_latest_snapshot(new_home, snapshot)


def test_without_the_owners_decision_nothing_learns_from_the_web_api(new_home, api_rows):
    with pytest.raises(NotPermittedError, match="not one of 64 interactions may train a model"):
        train()
    assert not new_home.bundles.exists()


def test_the_owners_decision_lets_the_web_api_train_and_is_written_down(new_home, api_rows, monkeypatch):
    monkeypatch.setenv("CROSSFADE_TRAIN_ON_SPOTIFY_API", "true")
    summary = train()
    lineage = bundle_of(new_home, summary).manifest["lineage"]
    assert lineage["permissions"]["train_on_spotify_api"] is True
    assert len(lineage["permissions"]["consents"]) == 8
    settings = load_settings().settings
    run = MlflowClient(settings.tracking_uri).get_run(summary.record.training_id)
    assert run.data.tags["train_on_spotify_api"] == "true"

    set_champion(new_home, summary.record.bundle_id, "for this test")
    monkeypatch.setenv("CROSSFADE_TRAIN_ON_SPOTIFY_API", "false")
    assert champion_to_meet(load_settings().settings) is None
    with pytest.raises(NotPermittedError):
        train()
