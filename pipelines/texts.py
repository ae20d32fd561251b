"""Many short texts in two flat arrays, so that a million of them are memory mapped and cost no Python objects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from zlib import crc32

import numpy as np
import pyarrow as pa

#: Ids looked up lately are kept as a dictionary of at most this many: the same tracks are asked for over and over.
_REMEMBERED = 200_000


@dataclass(frozen=True)
class Texts:
    """Texts by their place.

    Attributes:
        content: All of them in UTF-8, one after the other.
        starts: Where each begins in ``content``, and where the last one ends, int64.
    """

    content: np.ndarray
    starts: np.ndarray
    _views: tuple[memoryview, memoryview] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Take views that give bytes and plain integers; NumPy's own numbers cost three times as much."""
        views = (memoryview(self.content), memoryview(self.starts))  # type: ignore[arg-type]
        object.__setattr__(self, "_views", views)

    def __reduce__(self) -> tuple[type[Texts], tuple[np.ndarray, np.ndarray]]:
        """Travel without the views."""
        return type(self), (self.content, self.starts)

    @classmethod
    def of(cls, texts: Iterable[str] | pa.Array) -> Texts:
        """Put texts one after the other, in their order."""
        array = pa.array(texts, pa.string()) if not isinstance(texts, pa.Array) else texts
        whole = array.cast(pa.large_string()).drop_null() if len(array) else pa.array([], pa.large_string())
        starts = np.frombuffer(whole.buffers()[1] or b"\0" * 8, np.int64)[whole.offset : whole.offset + len(whole) + 1]
        data = np.frombuffer(whole.buffers()[2] or b"", np.uint8)[int(starts[0]) : int(starts[-1])]
        return cls(data.copy(), starts - starts[0])

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.starts) - 1

    def __getitem__(self, place: int) -> str:
        """Return one text."""
        return self.raw(place).decode()

    def __iter__(self) -> Iterator[str]:
        """Return all texts, one after the other."""
        return iter(self.as_arrow().to_pylist())

    def raw(self, place: int) -> bytes:
        """Return one text in UTF-8."""
        content, starts = self._views
        return content[starts[place] : starts[place + 1]].tobytes()

    def several(self, places: Iterable[int]) -> list[bytes]:
        """Return some texts in UTF-8."""
        content, starts = self._views
        return [content[starts[place] : starts[place + 1]].tobytes() for place in places]

    def as_arrow(self) -> pa.Array:
        """Return all texts as one Arrow array over the same memory."""
        if not len(self):
            return pa.array([], pa.large_string())
        buffers = [None, pa.py_buffer(np.ascontiguousarray(self.starts, np.int64)), pa.py_buffer(self.content)]
        return pa.Array.from_buffers(pa.large_string(), len(self), buffers)

    def arrays(self, name: str) -> dict[str, np.ndarray]:
        """Return what is stored, by the names it is stored under."""
        return {f"{name}_bytes": self.content, f"{name}_starts": self.starts}

    @classmethod
    def load(cls, arrays: Mapping[str, np.ndarray], name: str) -> Texts:
        """Take over stored arrays without copying."""
        return cls(arrays[f"{name}_bytes"], arrays[f"{name}_starts"])


class Ids:
    """External ids <-> places, looked up in a sorted array of hashes: the ``Vocabulary`` of a bundle.

    A dictionary of a million ids takes a second to build and 200 MB in every worker; this is opened, not built.

    Args:
        texts: The ids; the index of an id is its place.
        hashes: The CRC-32 of each id, sorted.
        order: The place of each of ``hashes``.
    """

    def __init__(self, texts: Texts, hashes: np.ndarray, order: np.ndarray) -> None:
        self.texts = texts
        self._hashes = hashes
        self._order = order
        self._seen: dict[str, int] = {}
        self._all: np.ndarray | None = None

    def __reduce__(self) -> tuple[type[Ids], tuple[Texts, np.ndarray, np.ndarray]]:
        """Travel without what was looked up lately."""
        return type(self), (self.texts, self._hashes, self._order)

    @classmethod
    def of(cls, ids: Iterable[str] | np.ndarray) -> Ids:
        """Index ids in their order."""
        known = list(ids)
        hashes = np.fromiter((crc32(each.encode()) for each in known), np.uint32, len(known))
        order = np.argsort(hashes, kind="stable").astype(np.int32)
        return cls(Texts.of(known), hashes[order], order)

    def __len__(self) -> int:
        """Return how many ids there are."""
        return len(self.texts)

    def __getitem__(self, place: int) -> str:
        """Return the id at a place."""
        return self.texts[place]

    def __contains__(self, external_id: object) -> bool:
        """Tell whether an id is known."""
        return isinstance(external_id, str) and self.index(external_id) >= 0

    @property
    def ids(self) -> np.ndarray:
        """All ids as an object array; made when first asked for, which takes as long as there are ids."""
        if self._all is None:
            self._all = np.array(self.texts.as_arrow().to_pylist(), dtype=object)
        return self._all

    def indices(self, ids: Iterable[str]) -> np.ndarray:
        """Return the index of each id as int64, -1 where it is unknown."""
        wanted = list(ids)
        found = list(map(self._seen.get, wanted))
        if None in found:
            fresh = [place for place, index in enumerate(found) if index is None]
            for place, index in zip(fresh, self._look_up([wanted[place] for place in fresh]), strict=True):
                found[place] = index
        return np.array(found, dtype=np.int64)

    def index(self, external_id: str) -> int:
        """Return the index of an id; -1 where it is unknown."""
        found = self._seen.get(external_id)
        return self._look_up([external_id])[0] if found is None else found

    def _look_up(self, ids: Sequence[str]) -> list[int]:
        """Return the index of each id by its hash, and remember those that are known: others are anybody's to make."""
        if not ids or not len(self):
            return [-1] * len(ids)
        raw = [each.encode("utf-8", "surrogatepass") for each in ids]
        hashes = np.array([crc32(each) for each in raw], dtype=np.uint32)
        places = np.minimum(np.searchsorted(self._hashes, hashes), len(self) - 1)
        first, same = self._order[places].tolist(), (self._hashes[places] == hashes).tolist()
        found = [
            index if alike and self.texts.raw(index) == wanted else (self._among_twins(place, wanted) if alike else -1)
            for index, alike, place, wanted in zip(first, same, places.tolist(), raw, strict=True)
        ]
        if len(self._seen) + len(ids) > _REMEMBERED:
            self._seen.clear()
        self._seen.update((each, index) for each, index in zip(ids, found, strict=True) if index >= 0)
        return found

    def _among_twins(self, place: int, wanted: bytes) -> int:
        """Return the index of an id whose hash is that at a place, and at those behind it."""
        for other in range(place + 1, len(self)):
            if self._hashes[other] != self._hashes[place]:
                break
            if self.texts.raw(int(self._order[other])) == wanted:
                return int(self._order[other])
        return -1

    def arrays(self, name: str) -> dict[str, np.ndarray]:
        """Return what is stored, by the names it is stored under."""
        return {**self.texts.arrays(name), f"{name}_hashes": self._hashes, f"{name}_order": self._order}

    @classmethod
    def load(cls, arrays: Mapping[str, np.ndarray], name: str) -> Ids:
        """Take over stored arrays without copying."""
        return cls(Texts.load(arrays, name), arrays[f"{name}_hashes"], arrays[f"{name}_order"])
