import pytest

from pipelines.errors import ConfigError
from pipelines.home import Home
from pipelines.store.secret import Secret


def test_the_file_is_made_once_for_its_owner_alone(tmp_path):
    home = Home(tmp_path / "home")
    first = Secret.of(home).mac("a", "x")
    assert Secret.of(home).mac("a", "x") == first
    assert home.secret_key.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in home.root.iterdir()] == ["secret.key"]


def test_two_installations_have_different_secrets(tmp_path):
    assert Secret.of(Home(tmp_path / "a")).key("x") != Secret.of(Home(tmp_path / "b")).key("x")


def test_a_given_secret_comes_before_the_file_and_leaves_none(tmp_path):
    given = Secret.of(Home(tmp_path), "k" * 32)
    assert given.key("x") == Secret.of(Home(tmp_path / "other"), "k" * 32).key("x")
    assert not Home(tmp_path).secret_key.exists()


def test_each_purpose_has_a_key_of_its_own():
    secret = Secret(b"r" * 32)
    assert len({secret.key("sessions"), secret.key("tokens"), secret.mac("sessions", "m"), secret.mac("a", "m")}) == 4


def test_a_secret_that_is_too_short_damaged_or_open_to_others_is_refused(tmp_path):
    home = Home(tmp_path)
    with pytest.raises(ConfigError, match="less than 32 characters"):
        Secret.of(home, "short")
    home.secret_key.write_text("x")
    home.secret_key.chmod(0o600)
    with pytest.raises(ConfigError, match="damaged"):
        Secret.of(home)
    home.secret_key.chmod(0o640)
    with pytest.raises(ConfigError, match="others can read it"):
        Secret.of(home)
