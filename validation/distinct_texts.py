"""What follows from a text, found once for each different text: an id or a kind stands in many rows."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa


def texts_once(rows: pa.Table) -> pa.Table:
    """Return the same rows with every text held once, for ``of_texts``."""
    for place, field in enumerate(rows.schema):
        if pa.types.is_string(field.type):
            rows = rows.set_column(place, field.name, rows[field.name].combine_chunks().dictionary_encode())
    return rows


def of_texts(texts: pa.ChunkedArray, function: Callable[[pa.Array], pa.Array]) -> pa.ChunkedArray:
    """Return a function of each text; null where there is none.

    Args:
        texts: Plain, or as ``texts_once`` holds them.
        function: Gives one value for each text of an array.
    """
    coded = texts.combine_chunks()
    if not pa.types.is_dictionary(coded.type):
        coded = coded.dictionary_encode()
    return pa.chunked_array([function(coded.dictionary).take(coded.indices)])


def different_texts(texts: pa.ChunkedArray) -> pa.Array:
    """Return the texts, each once; plain, or as ``texts_once`` holds them."""
    coded = texts.combine_chunks()
    return coded.dictionary if pa.types.is_dictionary(coded.type) else coded.dictionary_encode().dictionary
