"""What every source must do: the shared contract, one check a promise.

Each check takes a factory of sources and raises ``AssertionError`` with a sentence where the promise is broken. A
source of another package is tested by calling ``check_source`` with something that builds one on a small, good input.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.data import columns as c
from pipelines.data.cleaning import clean
from pipelines.data.people import is_person, person_id
from pipelines.data.provenance import Provenance, Use, uses_up_to
from pipelines.data.row_parsing import TABLE
from pipelines.sources.base import PersonOptions, Reading, Source, SourceOptions

Factory: TypeAlias = Callable[[], Source]

_REQUIRED = {
    "interactions": (c.USER_ID, c.TRACK_ID, c.KIND),
    "tracks": (c.TRACK_ID,),
    "playlists": (c.PLAYLIST_ID, c.TRACK_ID),
}


def names_itself(make: Factory) -> None:
    """It has a name, a title, a docstring, and options that cannot be changed or misspelt."""
    source = make()
    assert source.name, "the source has no name"
    assert source.title, "the source has no title"
    assert type(source).__doc__, "the source has no docstring"
    assert issubclass(source.options_type, SourceOptions), "its options are not source options"
    settings = source.options_type.model_config
    assert settings.get("frozen"), "its options can be changed"
    assert settings.get("extra") == "forbid", "it takes options it does not know"


def states_where_its_rows_come_from(make: Factory) -> None:
    """Its provenance names it, its origin, its licence and its uses, and can be stored."""
    source = make()
    provenance = source.provenance()
    assert provenance.source == source.name, "the provenance is of another source"
    assert provenance.origin, "the origin is not stated"
    assert provenance.licence, "the licence is not stated"
    assert provenance.uses in {frozenset(), *map(uses_up_to, Use)}, "a use is permitted, and one it includes is not"
    assert Provenance.from_json(provenance.to_json()) == provenance, "the provenance cannot be stored and read"
    assert make().provenance() == provenance, "the provenance changes from one reading to the next"


def gives_the_required_columns(make: Factory) -> None:
    """Every batch has the columns without which a row says nothing, and all batches of a table have the same ones."""
    for table, batches in _tables(make()):
        seen: list[str] | None = None
        for batch in batches:
            missing = [name for name in _REQUIRED[table] if name not in batch.column_names]
            assert not missing, f"a batch of {table} lacks the column '{missing[0]}'"
            assert seen is None or seen == batch.column_names, f"batches of {table} have different columns"
            seen = batch.column_names


def gives_the_same_rows_again(make: Factory) -> None:
    """Reading twice, from one source or from two, gives the same rows in the same order."""
    source = make()
    first = {table: list(batches) for table, batches in _tables(source)}
    for other in (source, make()):
        for table, batches in _tables(other):
            again = list(batches)
            assert len(again) == len(first[table]), f"{table} comes in another number of batches"
            same = all(one.equals(two) for one, two in zip(first[table], again, strict=True))
            assert same, f"{table} has other rows when read again"


def has_something_to_learn_from(make: Factory) -> None:
    """Interactions are left after cleaning, of a kind that exists, by somebody, about a track of the catalogue."""
    tables = clean(make()).tables
    assert len(tables.interactions), "no interaction is left after cleaning"
    assert len(tables.tracks), "no track is left after cleaning"
    known = pc.is_in(tables.interactions.data[c.TRACK_ID], value_set=tables.tracks.data[c.TRACK_ID].combine_chunks())
    assert pc.any(known).as_py(), "not one interaction is about a track of the catalogue"


def loses_no_row_in_cleaning(make: Factory) -> None:
    """Each row it finds is kept, left out or rejected with a reason, or merged into another one."""
    source = make()
    read = {table: sum(batch.num_rows for batch in batches) for table, batches in _tables(source)}
    cleaned = clean(source)
    for table in (cleaned.tables.interactions, cleaned.tables.tracks, cleaned.tables.playlists):
        counts = cleaned.counts[table.name]
        gone = (counts.left_out, counts.rejected, counts.merged)
        accounted = counts.kept + sum(sum(reasons.values()) for reasons in gone)
        rejected = pc.sum(pc.equal(cleaned.rejected[TABLE], table.name)).as_py() or 0
        found = read[table.name] + sum(source.left_out[table.name].values())
        assert counts.read == found, f"{table.name}: rows were read and not counted"
        assert counts.read + counts.built == accounted, f"{table.name}: rows are not accounted for"
        assert counts.kept == len(table), f"{table.name}: the count of kept rows is wrong"
        assert sum(counts.rejected.values()) == rejected, f"{table.name}: rejected rows are missing"


def its_rows_carry_its_name(make: Factory) -> None:
    """After cleaning every row names the source, so that its permitted uses can be looked up."""
    source = make()
    tables = clean(source).tables
    for table in (tables.interactions, tables.tracks, tables.playlists):
        names = set(pc.unique(table.data[c.SOURCE]).to_pylist())
        assert names <= {source.name}, f"{table.name}: rows name another source"


def tells_whose_rows_they_are(make: Factory) -> None:
    """The rows of one person's own data name this person and the consent they rest on; no other row names a person."""
    source = make()
    person, consent = None, None
    if source.reading is Reading.PERSON:
        assert isinstance(source.options, PersonOptions), "nobody can say whose data it reads"
        person, consent = person_id(source.options.listener), source.options.consent
    for table, batches in _tables(source):
        named = {"interactions": c.USER_ID, "playlists": c.OWNER}.get(table)
        for batch in batches:
            # A list a person only takes part in has no owner here: the other person's name is nobody's business.
            whose = set(batch[named].to_pylist()) - {None} if named in batch.column_names else set()
            strange = whose - {person} if person else {name for name in whose if is_person(str(name))}
            assert not strange, f"a row of {table} is about somebody else"
            if table == "interactions" and person:
                assert set(batch[c.CONSENT].to_pylist()) == {consent}, "a row does not name the consent it rests on"


PROMISES: Final = (
    names_itself,
    states_where_its_rows_come_from,
    gives_the_required_columns,
    gives_the_same_rows_again,
    has_something_to_learn_from,
    loses_no_row_in_cleaning,
    its_rows_carry_its_name,
    tells_whose_rows_they_are,
)


def check_source(make: Factory) -> None:
    """Check every promise.

    Args:
        make: Builds the source on a small, good input; called several times.

    Raises:
        AssertionError: A promise is broken.
    """
    for promise in PROMISES:
        promise(make)


def _tables(source: Source) -> Iterator[tuple[str, Iterator[pa.Table]]]:
    yield "interactions", source.interactions()
    yield "tracks", source.tracks()
    yield "playlists", source.playlists()
