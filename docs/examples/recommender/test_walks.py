"""The package's own test: Crossfade's contract, and what is particular to it."""

from crossfade_walks import Walks, WalksConfig

from pipelines.testing.recommenders import check_recommender
from pipelines.testing.worlds import two_tastes


def test_keeps_the_contract(tmp_path):
    check_recommender(Walks, tmp_path)


def test_the_more_popular_tracks_are_held_back_the_less_often_they_are_shown():
    data = two_tastes()

    def listeners_of_lists(beta):
        model = Walks(WalksConfig(beta=beta)).fit(data)
        return data.histories.astype(bool).sum(axis=0)[model.recommend(data.histories, 3).indices].mean()

    assert listeners_of_lists(1.0) <= listeners_of_lists(0.0)
