"""Where a rehearsal, a simulated month or a visit to the failure lab, keeps what it makes: in its own home folder."""

from __future__ import annotations

from flows.settings import NOWHERE
from pipelines.environment import PREFIX
from pipelines.home import Home


def sandbox_variables(home: Home) -> dict[str, str]:
    """Return the variables under which a home uses nothing of the installation beside it.

    An empty variable is no setting, so each is named: a file of settings, or of a secret, may name the event store,
    where letters of real people wait for the flows, or a bucket, or a service that is in use.
    """
    own = {
        "HOME": str(home.root),
        "STORE_URL": f"sqlite:///{home.events}",
        "MLFLOW_TRACKING_URI": f"sqlite:///{home.mlflow_db}",
        "ARTIFACTS_URL": home.mlflow_artifacts.as_uri(),
        "REMOTE": NOWHERE,
        "SERVICE_URL": NOWHERE,
    }
    plain = {f"{PREFIX}{name}": value for name, value in own.items()}
    return plain | {f"{name}_FILE": "" for name in plain}
