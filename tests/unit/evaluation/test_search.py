"""Searching ranges: the default first, the worse given up, the luckier not taken, what was stopped gone on with."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from pipelines.config import CandidateConfig, EvaluationRules, Range, SearchBudget, TrainingConfig
from pipelines.errors import ConfigError, NotEnoughDataError
from pipelines.evaluation import search as search_module
from pipelines.evaluation.search import Trial, default_of, search
from pipelines.evaluation.selection import choose
from pipelines.evaluation.spaces import to_be_tuned
from pipelines.evaluation.validation import Validation
from pipelines.recommenders import recommender_names, recommender_type
from pipelines.recommenders.base import TrainingData
from pipelines.testing.worlds import two_tastes

RULES = EvaluationRules(folds=3, cutoffs=(5, 10), bootstrap=100)
REG = Range(low=0.5, high=50.0, log=True)


def candidate(trials=6, **search):
    return CandidateConfig(name="slim", search=search or {"reg": REG}, search_budget=SearchBudget(trials=trials))


@pytest.fixture
def measured(monkeypatch):
    """Let a setting's worth be known: nDCG of each validation listener by ``worth(params, number of listener)``."""
    calls = []

    def with_worth(worth):
        def ndcg(self, name, params):
            calls.append(params)
            n = self.given.shape[0]
            return np.array([worth(params, listener) for listener in range(n)], dtype=float)

        monkeypatch.setattr(Validation, "ndcg", ndcg)
        return calls

    return with_worth


def test_the_default_is_tried_first_and_what_is_clearly_better_is_taken(measured):
    measured(lambda params, _: 1.0 / params["reg"])
    found = search(candidate(trials=12), two_tastes(), RULES)
    assert found.trials[0].params == {"reg": 4.0}
    assert found.default_ndcg == pytest.approx(0.25)
    assert found.taken
    assert found.params == found.best
    assert found.best["reg"] == min(trial.params["reg"] for trial in found.trials if trial.state == "complete")


def test_what_is_better_by_luck_only_is_not_taken(measured):
    # Whatever is not the default is worth a little more on average, and much more or much less to each listener.
    measured(lambda params, listener: 0.0 if params["reg"] == 4.0 else 0.1 + (1.0 if listener % 2 else -1.0))
    found = search(candidate(), two_tastes(), RULES)
    assert found.best != found.default
    assert not found.taken
    assert found.params == {"reg": 4.0}


def test_hopeless_settings_are_given_up_before_the_last_part(measured):
    calls = measured(lambda params, _: -params["reg"])
    found = search(candidate(trials=15), two_tastes(), RULES)
    given_up = [trial for trial in found.trials if trial.state == "pruned"]
    assert given_up
    # Three validation parts a setting, and fewer for those given up.
    assert len(calls) < 3 * len(found.trials)
    # The pruner needs five settings to compare with.
    assert min(trial.number for trial in given_up) >= 5


def test_every_setting_is_told_as_it_is_done(measured):
    measured(lambda params, _: 1.0 / params["reg"])
    told: list[Trial] = []
    found = search(candidate(trials=4), two_tastes(), RULES, on_trial=told.append)
    assert tuple(told) == found.trials
    assert [trial.number for trial in told] == [0, 1, 2, 3]


def test_the_same_seed_proposes_the_same_settings(measured):
    measured(lambda params, _: 1.0 / params["reg"])
    first, again = (search(candidate(trials=4), two_tastes(), RULES) for _ in range(2))
    assert [trial.params for trial in first.trials] == [trial.params for trial in again.trials]


def test_a_stopped_search_is_gone_on_with(measured, tmp_path):
    measured(lambda params, _: 1.0 / params["reg"])
    storage = f"sqlite:///{tmp_path / 'searches.db'}"

    def stop(trial):
        if trial.number == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        search(candidate(), two_tastes(), RULES, storage=storage, study="one", on_trial=stop)
    told: list[Trial] = []
    found = search(candidate(), two_tastes(), RULES, storage=storage, study="one", on_trial=told.append)
    assert [trial.number for trial in told] == [3, 4, 5]
    assert len(found.trials) == 6
    assert len({trial.params["reg"] for trial in found.trials}) == 6
    # All is known: nothing is tried any more.
    again = search(candidate(), two_tastes(), RULES, storage=storage, study="one", on_trial=told.append)
    assert len(told) == 3
    assert again.params == found.params


def test_a_killed_trial_does_not_count(measured, tmp_path):
    storage = f"sqlite:///{tmp_path / 'searches.db'}"

    def killed(_params, _listener):
        raise KeyboardInterrupt

    measured(killed)
    with pytest.raises(KeyboardInterrupt):
        search(candidate(), two_tastes(), RULES, storage=storage, study="one")
    measured(lambda params, _: 1.0 / params["reg"])
    found = search(candidate(trials=3), two_tastes(), RULES, storage=storage, study="one")
    assert len(found.trials) == 3


def test_a_search_ends_when_its_minutes_are_over(measured, monkeypatch):
    measured(lambda params, _: 1.0 / params["reg"])
    now = iter([0.0, 30.0, 61.0])
    monkeypatch.setattr(search_module, "monotonic", lambda: next(now))
    limited = candidate().model_copy(update={"search_budget": SearchBudget(trials=50, minutes=1.0)})
    # Asked at the start; after the first (30 s) and after the second, when the minute is over.
    assert len(search(limited, two_tastes(), RULES).trials) == 2


def test_whole_ranges_give_whole_numbers_and_lists_their_values():
    chosen = candidate(5, neighbours=Range(low=2, high=5), weighting=("binary", "log"))
    for trial in search(chosen, two_tastes(), RULES).trials:
        assert trial.params["neighbours"] in {2, 3, 4, 5}
        assert isinstance(trial.params["neighbours"], int)
        assert trial.params["weighting"] in {"binary", "log"}


def test_a_training_searches_ranges_on_its_training_part_only():
    found = choose(candidate(3), two_tastes(), RULES)
    assert set(found) == {"reg"}
    with pytest.raises(NotEnoughDataError, match="2 listeners"):
        choose(candidate(3), two_tastes().of_listeners(np.arange(2)), RULES)


def test_parts_without_anything_to_find_are_passed_over():
    lone, two = [1.0, 0.0, 0.0], [1.0, 1.0, 0.0]
    data = TrainingData(sp.csr_array(np.array([lone] * 8 + [two], dtype=np.float32)))
    found = search(candidate(2), data, RULES)
    # Of the nine one listener has two tracks, and is told of one: there are three parts, and one that measures.
    assert np.isfinite([trial.ndcg for trial in found.trials]).all()
    with pytest.raises(NotEnoughDataError, match="no listener has two tracks"):
        search(candidate(2), data.of_listeners(np.arange(8)), RULES)


def test_defaults_come_from_the_configuration_then_from_the_recommender():
    space = {"reg": REG, "weighting": ("binary", "log"), "neighbours": Range(low=5, high=20)}
    # SLIM's own: reg 4, neighbours 100, which is beyond the range.
    assert default_of(candidate(**space)) == {"reg": 4.0, "weighting": "binary", "neighbours": 20}
    fixed = CandidateConfig(name="slim", params={"reg": 9.0, "weighting": "log"}, search=space)
    assert default_of(fixed) == {"reg": 9.0, "weighting": "log", "neighbours": 20}


@pytest.mark.parametrize("wrong", [{"low": 2.0, "high": 1.0}, {"low": 0.0, "high": 1.0, "log": True}])
def test_a_range_without_values_is_refused(wrong, tmp_path):
    path = tmp_path / "training.toml"
    entry = ", ".join(f"{key} = {str(value).lower()}" for key, value in wrong.items())
    path.write_text(f'[[candidates]]\nname = "slim"\nsearch = {{ reg = {{ {entry} }} }}\n', encoding="utf-8")
    with pytest.raises(ConfigError):
        TrainingConfig.from_toml(path)


def test_a_list_without_values_is_refused():
    with pytest.raises(ValueError, match="holds no value to try"):
        CandidateConfig(name="slim", search={"reg": []})


def test_a_file_may_give_ranges_and_a_budget(tmp_path):
    path = tmp_path / "training.toml"
    path.write_text(
        '[[candidates]]\nname = "slim"\nsearch_budget = { trials = 7 }\n'
        'search = { weighting = ["log"], reg = { low = 0.5, high = 50.0, log = true } }\n',
        encoding="utf-8",
    )
    (read,) = TrainingConfig.from_toml(path).candidates
    assert read.search == {"weighting": ("log",), "reg": REG}
    assert read.search_budget.trials == 7


@pytest.mark.parametrize("name", recommender_names())
def test_known_ranges_name_hyper_parameters_that_exist(name):
    tuned = to_be_tuned(CandidateConfig(name=name))
    if tuned is None:
        assert name == "popularity"
        return
    recommender_type(name).config_type(**default_of(tuned))


def test_what_a_training_takes_first_is_the_default_of_tuning():
    listed = CandidateConfig(name="hybrid", params={"reg": 6.0}, search={"weighting": ("binary", "log")})
    tuned = to_be_tuned(listed, SearchBudget(trials=2))
    assert default_of(tuned)["weighting"] == "binary"
    assert default_of(tuned)["reg"] == 6.0
    assert tuned.search_budget.trials == 2
    own = CandidateConfig(name="hybrid", search={"reg": REG})
    assert to_be_tuned(own).search == {"reg": REG}


def test_tuning_does_not_touch_the_data():
    data = two_tastes()
    before = data.histories.copy()
    search(candidate(2), TrainingData(data.histories, data.items), RULES)
    assert (before.toarray() == data.histories.toarray()).all()
