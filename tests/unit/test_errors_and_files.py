from __future__ import annotations

import pytest

from pipelines.atomic import new_folder, write_text
from pipelines.config import TrainingConfig, load_config
from pipelines.errors import ConfigError, CrossfadeError, SourceError


def test_an_error_is_one_line_that_says_what_where_and_what_to_do():
    error = SourceError("the column 'user_id'\n is missing", where="plays.csv", remedy="Add it.")
    assert str(error) == "plays.csv: the column 'user_id' is missing. Add it."


def test_a_draft_that_fails_leaves_nothing(tmp_path):
    def fail_half_way():
        with new_folder(tmp_path) as draft:
            (draft.path / "half").write_text("x")
            raise ValueError("half way")

    with pytest.raises(ValueError, match="half way"):
        fail_half_way()
    assert list(tmp_path.iterdir()) == []


def test_a_published_draft_appears_whole(tmp_path):
    with new_folder(tmp_path) as draft:
        (draft.path / "file").write_text("x")
        assert not (tmp_path / "name").exists()
        draft.publish("name")
    assert [path.name for path in tmp_path.iterdir()] == ["name"]
    assert (tmp_path / "name" / "file").read_text() == "x"


def test_a_name_already_taken_keeps_what_is_there(tmp_path):
    for content in ("first", "second"):
        with new_folder(tmp_path) as draft:
            (draft.path / "file").write_text(content)
            draft.publish("name")
    assert (tmp_path / "name" / "file").read_text() == "first"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path):
    path = tmp_path / "pointer"
    write_text(path, "old")
    with pytest.raises(UnicodeEncodeError):
        write_text(path, "new \ud800")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_path_through_a_file_is_a_clear_error(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(CrossfadeError, match="cannot be written"):
        write_text(tmp_path / "file" / "pointer", "x")


def test_the_configuration_file_holds_the_defaults(pytestconfig):
    assert load_config(pytestconfig.rootpath / "infra/config/training.toml") == TrainingConfig()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("colour = 1", "the key 'colour' is not known"),
        ("[evaluation]\nfolds = 1", "'evaluation.folds': Input should be greater than or equal to 2"),
        ("folds = ", "cannot be read as TOML"),
    ],
)
def test_a_wrong_configuration_is_named(tmp_path, text, message):
    path = tmp_path / "config.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=message):
        load_config(path)


def test_a_missing_configuration_is_named(tmp_path):
    with pytest.raises(ConfigError, match="there is no such file"):
        load_config(tmp_path / "none.toml")
