"""Where the service finds its model and its store: read from the environment once, at the entry point."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf
from pathlib import Path

from pipelines.config import FeedbackRules
from pipelines.environment import with_files
from pipelines.errors import ConfigError, ReleaseError
from pipelines.home import Home
from pipelines.release.bundle import MANIFEST
from pipelines.release.states import Champion, Releases, bundle_path, read_releases
from pipelines.remote.store import Remote
from pipelines.sources.spotify_api.app import SpotifyApp

#: The bundle that `crossfade build` copies into a Bento, beside the packages.
PACKED_BUNDLE = Path(__file__).resolve().parents[1] / "bundle"


#: Seconds a file may make no headway on its way in.
UPLOAD_PATIENCE = 30.0


@dataclass(frozen=True)
class ServingSettings:
    """What the service is told from outside.

    Attributes:
        home: The home folder whose champion is served.
        bundle: One fixed bundle to serve instead of the champion; None to follow the champion.
        store_url: The address of the event store; empty for SQLite in the home folder.
        secret_key: The installation's secret; empty for the one in the home folder.
        open_to_network: Whether callers from other machines may do without a key what callers of this one may.
        json_logs: Whether every line of the log is to be a JSON object, with a line for each call.
        feedback: What likes and skips weigh until the next training.
        spotify: The app that saves playlists to listeners' own accounts; without a client id nothing is saved.
        public_url: The page's address as others see it, where it is not this machine's loopback.
        remote: Where the release is published that is followed; None: what is in the home folder is served.
        hosts: Further names the service answers to over the loopback, as a proxy on this machine passes them on.
        upload_patience: For how many seconds a file that somebody sends may make no headway.
    """

    home: Home
    bundle: Path | None = None
    store_url: str = field(default="", repr=False)
    secret_key: str = field(default="", repr=False)
    open_to_network: bool = False
    json_logs: bool = False
    feedback: FeedbackRules = field(default_factory=FeedbackRules)
    spotify: SpotifyApp = field(default_factory=SpotifyApp)
    public_url: str = ""
    remote: Remote | None = None
    hosts: tuple[str, ...] = ()
    upload_patience: float = UPLOAD_PATIENCE

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], *, packed: Path = PACKED_BUNDLE) -> ServingSettings:
        """Read the ``CROSSFADE_*`` variables, and the files that ``CROSSFADE_*_FILE`` name.

        A fixed bundle comes before a home folder that is named, that before a bundle packed into a Bento, and last is
        the default home folder ``.crossfade``.

        Raises:
            ConfigError: A variable has a value that is impossible.
        """
        environment = with_files(environment)
        home = Home(Path(environment.get("CROSSFADE_HOME") or ".crossfade").resolve())
        rules = environment.get("CROSSFADE_FEEDBACK")
        return cls(
            home,
            _bundle(environment, packed),
            store_url=environment.get("CROSSFADE_STORE_URL", ""),
            secret_key=environment.get("CROSSFADE_SECRET_KEY", ""),
            open_to_network=_yes(environment, "CROSSFADE_OPEN_TO_NETWORK"),
            json_logs=_yes(environment, "CROSSFADE_JSON_LOGS"),
            feedback=FeedbackRules.from_toml(Path(rules)) if rules else FeedbackRules(),
            spotify=_spotify(environment),
            public_url=environment.get("CROSSFADE_PUBLIC_URL", ""),
            remote=_remote(environment),
            hosts=tuple(filter(None, environment.get("CROSSFADE_HOSTS", "").replace(",", " ").split())),
            upload_patience=_seconds(environment, "CROSSFADE_UPLOAD_PATIENCE", UPLOAD_PATIENCE),
        )

    def releases(self) -> Releases | None:
        """Return the release of the home folder, or None where a fixed bundle is served or nothing was promoted.

        Raises:
            ReleaseError: The pointer file is damaged.
        """
        return None if self.bundle is not None else read_releases(self.home)

    def champion(self) -> Champion | None:
        """Return the champion of the home folder, or None where a fixed bundle is served or nothing was promoted.

        Raises:
            ReleaseError: The pointer file is damaged.
        """
        releases = self.releases()
        return releases.champion if releases else None

    def bundle_folder(self) -> Path:
        """Return the folder of the bundle to serve.

        Raises:
            ReleaseError: There is no champion, or the pointer is damaged.
        """
        if self.bundle is not None:
            return self.bundle
        champion = self.champion()
        if champion is None:
            raise ReleaseError(
                "there is no champion to serve yet",
                where=str(self.home.root),
                remedy="Run 'make demo', or 'crossfade train' and 'crossfade promote'; the service finds it by itself",
            )
        return bundle_path(self.home, champion.bundle_id)


def _bundle(environment: Mapping[str, str], packed: Path) -> Path | None:
    """Return the one bundle to serve, or None to follow the champion."""
    if fixed := environment.get("CROSSFADE_BUNDLE"):
        return Path(fixed).resolve()
    return packed if not environment.get("CROSSFADE_HOME") and (packed / MANIFEST).is_file() else None


def _remote(environment: Mapping[str, str]) -> Remote | None:
    """Return the bucket to follow, if any."""
    address = environment.get("CROSSFADE_REMOTE")
    return Remote.of(address, environment) if address and address != "nowhere" else None


def _spotify(environment: Mapping[str, str]) -> SpotifyApp:
    """Return the app as the same variables name it that 'crossfade spotify' reads."""
    names = {"client_id": "CLIENT_ID", "api_url": "API_URL", "accounts_url": "ACCOUNTS_URL"}
    given = {field: environment.get(f"CROSSFADE_SPOTIFY_{name}", "").rstrip("/") for field, name in names.items()}
    return SpotifyApp(**{field: value for field, value in given.items() if value})


def _seconds(environment: Mapping[str, str], name: str, default: float) -> float:
    """Return a time.

    Raises:
        ConfigError: It is none.
    """
    value = environment.get(name) or str(default)
    try:
        seconds = float(value)
    except ValueError:
        seconds = 0.0
    if not 0.0 < seconds < inf:
        raise ConfigError(f"'{value}' is no number of seconds", where=name, remedy="Say how many, such as 30")
    return seconds


def _yes(environment: Mapping[str, str], name: str) -> bool:
    """Return a setting that is on or off.

    Raises:
        ConfigError: It is neither.
    """
    value = environment.get(name, "").lower()
    if value not in {"", "yes", "true", "1", "no", "false", "0"}:
        raise ConfigError(f"'{value}' is neither yes nor no", where=name, remedy="Say yes or no")
    return value in {"yes", "true", "1"}
