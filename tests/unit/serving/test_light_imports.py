"""What serving a bundle needs: nothing beyond the service's own lock, which is all that the Bento installs."""

import re
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

from pipelines.recommenders import recommender_names
from tests.support.tiny_world import write_tiny_bundle

ROOT = Path(__file__).parents[3]

#: Gets the names of packages to hide and then the folders of bundles, and asks each bundle's engine everything.
SERVE = """
import sys
from pathlib import Path

hidden = set(sys.argv[1].split(","))

class Hide:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in hidden:
            raise ModuleNotFoundError(f"No module named {name!r} (hidden)", name=name)

sys.meta_path.insert(0, Hide())

# The process that reads people's files, and the way to their own Spotify account.
import serving.imports.worker
import spotipy
import pipelines.sources.spotify_api.client

# The whole service, with its store, its safe and its figures.
import serving.service
from cryptography.fernet import Fernet
import pipelines.store.tokens
import alembic, psycopg

from pipelines.errors import NotSupportedError
from pipelines.release.bundle import read_bundle
from serving.engine import Engine

for folder in sys.argv[2:]:
    engine = Engine(read_bundle(Path(folder)))
    assert len(engine.recommend({"t1": 1.0}, 3).tracks) == 3
    assert engine.search("bjork", 3)
    engine.tastes, engine.card()
    for ask in (lambda: engine.similar("t1", 3), lambda: engine.explain({"t1": 1.0}, "t2")):
        try:
            ask()
        except NotSupportedError:
            pass
"""


def locked():
    text = (ROOT / "infra" / "locks" / "service.txt").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z0-9-]+)==", text, re.MULTILINE))


def packages_outside_the_lock():
    """The importable packages of every installed distribution that the service's lock does not name."""
    inside = locked() | {"crossfade"}
    return {
        package
        for package, distributions in packages_distributions().items()
        if not {re.sub(r"[-_.]+", "-", name).lower() for name in distributions} & inside
    }


def test_a_bundle_of_every_recommender_is_served_with_the_services_lock_alone(tmp_path):
    hidden = packages_outside_the_lock()
    assert {"sklearn", "implicit", "prefect", "mlflow", "great_expectations", "pytest"} <= hidden
    bundles = [str(write_tiny_bundle(tmp_path, name).path) for name in recommender_names()]
    command = [sys.executable, "-c", SERVE, ",".join(sorted(hidden)), *bundles]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
