import pytest

from pipelines.errors import NotSupportedError, UnknownIdError
from serving.engine import Engine, ListQuestion
from tests.support.answers import alike, explained, listed, searched
from tests.support.tiny_world import PLAYS, write_tiny_bundle


@pytest.fixture(scope="module")
def popularity(tmp_path_factory):
    return Engine(write_tiny_bundle(tmp_path_factory.mktemp("popularity"), "popularity"))


def ids(entries):
    return [entry.track.track_id for entry in entries]


@pytest.mark.parametrize("history", [{"t1": 1.0}, {"t2": 3.0, "t4": 0.5}, {"t6": 1.0}, {}])
def test_a_list_is_the_one_the_bundle_gives(engine, history):
    expected = engine.bundle.recommend([history], 4)[0]
    found = listed(engine, history, 4).recommendations
    assert ids(found) == [entry.track_id for entry in expected]
    assert [entry.score for entry in found] == [entry.score for entry in expected]
    assert [entry.rank for entry in found] == [1, 2, 3, 4]


def test_unknown_tracks_are_reported_and_change_nothing(engine):
    known = listed(engine, {"t1": 1.0}, 3)
    mixed = listed(engine, {"gone": 5.0, "t1": 1.0, "away": 1.0}, 3)
    assert mixed.unknown_tracks == ["gone", "away"]
    assert mixed.recommendations == known.recommendations
    assert mixed.basis == "history"


@pytest.mark.parametrize("history", [{}, {"gone": 1.0}])
def test_without_a_known_track_the_list_is_what_most_listeners_play(engine, history):
    # t1 has four listeners, t2 and t4 three each, t3 and t5 two each, t6 none
    answer = listed(engine, history, 10)
    assert answer.basis == "popularity"
    assert ids(answer.recommendations) == ["t1", "t2", "t4", "t3", "t5", "t6"]
    assert all(entry.score == 0 and not entry.because for entry in answer.recommendations)


def test_excluded_tracks_and_the_history_itself_do_not_appear(engine):
    found = listed(engine, {"t1": 1.0}, 10, exclude=["t3", "no such track"])
    assert sorted(ids(found.recommendations)) == ["t2", "t4", "t5", "t6"]


def test_a_dislike_pushes_down_what_is_like_the_track_and_the_amounts_still_sum_to_the_score(engine):
    plain = engine.recommend({"t1": 2.0}, 6)
    (disliking,) = engine.lists([ListQuestion({"t1": 2.0}, 6, reasons=6, against={"t4": 5.0})])
    before, after = (dict(zip(each.tracks, each.scores, strict=True)) for each in (plain, disliking))
    taken = {
        track: sum(max(0.0, part) for part in engine.explain({"t4": 5.0}, engine.bundle.tracks[track]).amounts)
        for track in before
    }
    assert engine.bundle.index("t4") not in after
    assert any(taken[track] > 0 for track in after)
    for track, score in after.items():
        explained = engine.explain({"t1": 2.0}, engine.bundle.tracks[track], {"t4": 5.0})
        assert score == pytest.approx(max(0.0, before[track] - taken[track]), rel=1e-5)
        if score > 0:
            assert explained.score == pytest.approx(score, rel=1e-5)
    assert set(disliking.reasons.tracks.tolist()) <= {engine.bundle.index("t1")}


def test_reasons_are_shown_with_their_tracks(engine):
    first = listed(engine, {"t1": 2.0, "t4": 1.0}, 1, reasons=2).recommendations[0]
    assert {reason.track.title for reason in first.because} <= {"Jóga", "Teardrop"}
    assert sum(reason.share for reason in first.because) == pytest.approx(1)


def test_no_reasons_are_given_where_none_are_asked_for(engine):
    assert not listed(engine, {"t1": 1.0}, 1, reasons=0).recommendations[0].because


def test_a_known_listener_has_the_history_of_training(engine):
    plays = {f"t{place}": float(count) for place, count in enumerate(PLAYS["u4"], start=1) if count}
    assert engine.history_of("u4") == plays


def test_an_unknown_listener_is_an_error_that_says_what_to_send(engine):
    with pytest.raises(UnknownIdError, match=r"'u9'.*Send a 'history'"):
        engine.history_of("u9")


def test_similar_tracks_come_best_first_without_the_track_itself(engine):
    answer = alike(engine, "t1", 10)
    track, similar = answer.track, answer.similar
    scores = [entry.score for entry in similar]
    assert track.title == "Jóga"
    assert "t1" not in ids(similar)
    assert scores == sorted(scores, reverse=True)
    assert [entry.rank for entry in similar] == list(range(1, len(similar) + 1))


def test_similar_tracks_of_an_unknown_track_are_an_error(engine):
    with pytest.raises(UnknownIdError, match="'t9'"):
        engine.similar("t9", 3)


def test_a_model_that_knows_nothing_about_likeness_says_so(popularity):
    with pytest.raises(NotSupportedError, match=r"Popularity.*cannot tell which tracks are alike"):
        popularity.similar("t1", 3)


def test_the_amounts_of_an_explanation_sum_to_the_score_of_the_list(engine):
    history = {"t1": 2.0, "t4": 1.0, "t2": 1.0}
    for entry in listed(engine, history, 3).recommendations:
        explanation = explained(engine, history, entry.track.track_id)
        assert sum(part.amount for part in explanation.contributions) == pytest.approx(entry.score, rel=1e-5)
        assert explanation.score == pytest.approx(entry.score, rel=1e-5)
        assert sum(part.share for part in explanation.contributions) == pytest.approx(float(entry.score > 0))


def test_an_explanation_reports_unknown_tracks_and_refuses_an_unknown_target(engine):
    assert explained(engine, {"t1": 1.0, "gone": 1.0}, "t2").unknown_tracks == ["gone"]
    with pytest.raises(UnknownIdError, match="'t9'"):
        explained(engine, {"t1": 1.0}, "t9")


def test_a_model_that_cannot_explain_says_so(popularity):
    with pytest.raises(NotSupportedError, match="cannot explain"):
        popularity.explain({"t1": 1.0}, "t2")


def test_a_track_is_shown_with_what_is_known_of_it(engine):
    hyperballad = searched(engine, "hyperb", 1).tracks[0]
    assert (hyperballad.title, hyperballad.artists, hyperballad.album) == ("Hyperballad", ["Björk"], "Post")
    assert (hyperballad.year, hyperballad.duration_ms, hyperballad.genres) == (1996, 321_000, ["electronic"])


def test_a_track_nothing_is_known_of_is_shown_by_its_id(engine):
    found = listed(engine, {}, 6).recommendations[-1].track
    assert (found.title, found.artists, found.year, found.genres) == ("t6", [], None, [])


def test_the_card_tells_what_the_model_is_and_where_it_comes_from(engine):
    card = engine.card()
    assert (card["name"], card["title"], card["tracks"], card["listeners"]) == ("slim", "SLIM-ridge", 6, 5)
    assert card["lineage"]["snapshot_id"] == "tiny"
    assert card["figures"]["metrics"]["ndcg@10"]["mean"] == 0.25


def test_any_id_of_a_track_will_do(engine):
    by_alias, by_id = listed(engine, {"lastfm:joga": 2.0}, 3), listed(engine, {"t1": 2.0}, 3)
    assert by_alias == by_id
    assert by_alias.unknown_tracks == []
    assert alike(engine, "lastfm:teardrop", 2) == alike(engine, "t4", 2)
    assert explained(engine, {"lastfm:joga": 1.0}, "t2") == explained(engine, {"t1": 1.0}, "t2")
    shown = listed(engine, {"t2": 1.0}, 6, exclude=["lastfm:joga"]).recommendations
    assert "t1" not in [each.track.track_id for each in shown]
