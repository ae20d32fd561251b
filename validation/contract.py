"""The data contract as a page: the tables' columns and the gate's rules, written from the code that applies them.

``python -m validation.contract`` prints it, ``--write docs/data-contract.md`` keeps it.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow as pa

from pipelines.atomic import write_text
from pipelines.data import columns as c
from pipelines.data.reading import Reading
from pipelines.data.tables import InteractionTable, PlaylistTable, Table, TrackCatalogue
from pipelines.sources import built_in_names, source_type
from validation.distributions import DISTRIBUTIONS
from validation.kinds import Action
from validation.rules import SECTIONS, GateRules, SourceRules

_UNIT = "0 to 1, as Spotify publishes it"

MEANINGS: Mapping[type[Table], Mapping[str, str]] = {
    InteractionTable: {
        c.USER_ID: "who; an id of the source, or a pseudonym",
        c.TRACK_ID: "which track",
        c.AT: "when, in UTC; missing for totals",
        c.KIND: "what happened: " + ", ".join(f"`{kind}`" for kind in c.KINDS),
        c.VALUE: "ms played for a play, a number for a play_count, 1 to 5 for a rating; else missing",
        c.SOURCE: "where the row comes from; its permitted uses hang on it",
        c.CONSENT: "the consent the row rests on, where it needs one",
    },
    TrackCatalogue: {
        c.TRACK_ID: "the track's id, unique",
        c.TITLE: "title",
        c.ARTISTS: "artists, the main one first",
        c.ALBUM: "album",
        c.ISRC: "International Standard Recording Code",
        c.DURATION_MS: "length in ms",
        c.EXPLICIT: "whether the lyrics are marked explicit",
        c.RELEASE_DATE: "release date as YYYY, YYYY-MM or YYYY-MM-DD",
        c.RELEASE_PRECISION: "year, month or day",
        c.GENRES: "genres",
        c.TAGS: "tags people gave",
        c.TAG_WEIGHTS: "how often each tag was given, in the order of the tags",
        c.LOUDNESS: "loudness in dB",
        c.TEMPO: "beats per minute",
        c.KEY: "pitch class, 0 is C; -1 where none was found",
        c.MODE: "1 major, 0 minor",
        c.TIME_SIGNATURE: "beats in a bar",
        c.SOURCE: "where the row comes from",
        **{name: _UNIT for name in c.AUDIO_FEATURES if name not in {c.LOUDNESS, c.TEMPO}},
    },
    PlaylistTable: {
        c.PLAYLIST_ID: "which playlist",
        c.OWNER: "whose",
        c.NAME: "its name",
        c.POSITION: "place of the track, from 0",
        c.TRACK_ID: "which track",
        c.ADDED_AT: "when it was put there, in UTC",
        c.SOURCE: "where the row comes from",
    },
}

_ON_BREACH = {
    Action.WARN: "reported",
    Action.BLANK: "the value becomes missing, the row stays",
    Action.QUARANTINE: "the row goes to quarantine",
    Action.STOP: "the data is refused",
}

_DIFFERING = ("rule", "expected", "otherwise")

_READINGS = {
    Reading.WORLD: "a closed world, invented or published: it takes the place of whatever population was there",
    Reading.POPULATION: "the listeners of a service: they join the population that is there",
    Reading.EVENTS: "this installation's own events: what stands of them takes the place of what stood before",
    Reading.PERSON: "one person's own data: they join whatever is there",
}

_INTRODUCTION = """# The data contract

What every table looks like, and what the gate asks of it before anything trains on it. This page is written from
`pipelines/data/columns.py` and the rules in `validation/` by
`python -m validation.contract --write docs/data-contract.md`, and a test compares the two. The thresholds are in
`infra/config/gate.toml`; a file of your own needs only what differs.

- A table without a required column, or with a missing value in one, cannot even be built: that error comes first.
- Rows are judged one by one, tracks before the rows that refer to them, by the rules in the order given. A row that
  breaks several is set aside once, under the first.
- A missing value is no breach, except where a value is asked for ("to be given"). Not a number (NaN) is outside every
  range.
- What is set aside is kept in the home folder under `quarantine/`, with its reason and the row as it was.
- The data is refused when one rule with that consequence is broken: the verdict names the rule, the figure or the
  number of rows, and an example that never shows a person's id. A snapshot can only be written with a verdict that
  passed and that is about exactly its rows.
- What stands under a table holds for every source, unless the reading or the source says otherwise at the end of the
  page.
"""

_PAST = """A batch is compared with the batches of its source that were accepted before, a person's own data with that
person's only. The past is kept as counts under `accepted-batches/` in the home folder: the last {keep} batches, each
once. With fewer than {least_batches} nothing is compared, and the Data Docs say so. Shares and distributions are
compared where both sides have {least_rows:,} rows or more.

The distance of two distributions P and Q is the Jensen-Shannon distance to the base 2 (Lin 1991),
`sqrt(H((P + Q) / 2) - (H(P) + H(Q)) / 2)` with the entropy `H(P) = - sum of p_i log2 p_i`: 0 where they are equal, 1
where they share nothing. The distributions, counted in fixed bins: {distributions}.
"""


def contract(rules: GateRules) -> str:
    """Return the contract under these rules, as Markdown."""
    parts = [_INTRODUCTION]
    for table, meanings in MEANINGS.items():
        parts += [f"## {table.name}\n", _columns(table, meanings), "### Rules\n", _rules(rules, table.name)]
    parts += ["## The tables as a whole\n", _rules(rules, "batch", with_table=True)]
    parts += ["## Compared with the past\n", _past(rules), _rules(rules, "history")]
    parts += ["## What differs by reading\n", *_by_reading(rules), "## What differs by source\n", *_by_source(rules)]
    return "\n".join(parts)


def main(arguments: Sequence[str]) -> None:
    """Print the contract, or write it to a file."""
    parser = argparse.ArgumentParser(description="Write the data contract from the code.")
    parser.add_argument("--write", type=Path, metavar="FILE", help="replace this file instead of printing")
    target: Path | None = parser.parse_args(arguments).write
    if target is None:
        sys.stdout.write(contract(GateRules()))
    else:
        write_text(target, contract(GateRules()))


def _columns(table: type[Table], meanings: Mapping[str, str]) -> str:
    rows = (
        (f"`{field.name}`", _type(field.type), "no" if field.nullable else "yes", meanings[field.name])
        for field in table.schema
    )
    return _table(("column", "type", "required", "meaning"), rows)


def _type(kind: pa.DataType) -> str:
    if pa.types.is_timestamp(kind):
        return "time (UTC)"
    return (
        f"list of {_type(kind.value_type)}" if pa.types.is_list(kind) else {"string": "text"}.get(str(kind), str(kind))
    )


def _past(rules: GateRules) -> str:
    bins = (f"{each.words} ({each.bins} bins)" for each in DISTRIBUTIONS.values())
    return _PAST.format(**rules.past.model_dump(), distributions=", ".join(bins))


def _by_reading(rules: GateRules) -> Iterator[str]:
    header = ("reading", "what it is")
    yield _table(header, ((f"`{reading.value}`", meaning) for reading, meaning in _READINGS.items()))
    for reading in Reading:
        if differing := _differing(rules, rules.for_source("", reading)):
            yield f"### {reading.value}\n"
            yield _table(_DIFFERING, differing)


def _by_source(rules: GateRules) -> Iterator[str]:
    readings = {name: source_type(name).reading for name in built_in_names()}
    yield _table(("source", "reading"), ((f"`{name}`", reading.value) for name, reading in readings.items()))
    for name, reading in readings.items():
        if differing := _differing(rules.for_source("", reading), rules.for_source(name, reading)):
            yield f"### {name}\n"
            yield _table(_DIFFERING, differing)


def _differing(before: SourceRules, after: SourceRules) -> list[tuple[str, ...]]:
    """Return a line for each expectation that is new or says another thing."""
    known = {(each.name, each.words, each.rule.action) for name in SECTIONS for each in before.expectations(name)}
    return [
        (f"`{each.name}`", each.words, _ON_BREACH[each.rule.action])
        for name in SECTIONS
        for each in after.expectations(name)
        if (each.name, each.words, each.rule.action) not in known
    ]


def _rules(rules: SourceRules, section: str, *, with_table: bool = False) -> str:
    header = ("rule", *(("about",) if with_table else ()), "expected", "otherwise", "why")
    rows = (
        (
            f"`{each.reads}`",
            *((each.table,) if with_table else ()),
            each.words,
            _ON_BREACH[each.rule.action],
            each.why,
        )
        for each in rules.expectations(section)
    )
    return _table(header, rows)


def _table(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = (header, ("---",) * len(header), *rows)
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


if __name__ == "__main__":
    main(sys.argv[1:])
