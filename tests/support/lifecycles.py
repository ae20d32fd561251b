"""Homes for tests of the flows: a small configuration, and the environment that names both."""

from __future__ import annotations

from pathlib import Path

#: Three candidates on two folds of two protocols: 12 measurements, a second or two.
TRAINING = """
[matrix]
core = 2
[evaluation]
folds = 2
bootstrap = 100
[[candidates]]
name = "popularity"
[[candidates]]
name = "content"
[[candidates]]
name = "hybrid"
params = { neighbours = 20 }
"""

#: Thirty listeners cannot show much: the winner only has to beat popularity, by whatever can be seen.
POLICY = """
baselines = ["popularity"]
confidence = 0.8
resamples = 200
[power]
least = 0.0
[guard]
divisions = []
"""


def small_settings(folder: Path, home: Path, *, training: str = TRAINING, policy: str = POLICY) -> dict[str, str]:
    """Write a small configuration and return the variables that name it and the home folder."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = {"training": training, "policy": policy}
    for name, text in paths.items():
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    return {f"CROSSFADE_{name.upper()}": str(folder / f"{name}.toml") for name in paths} | {"CROSSFADE_HOME": str(home)}
