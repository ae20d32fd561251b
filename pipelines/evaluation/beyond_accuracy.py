"""What lists are like besides being right: how much of the catalogue they show, how new, varied, popular, in balance.

Every function is vectorised over lists: listeners x k track indices, best first, padded with ``PAD``. Coverage,
novelty, the Gini index and the popularity lift belong to all lists together; diversity and calibration have a value a
listener.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import scipy.sparse as sp

from pipelines.features.items import ARTISTS, GENRES, TAGS, unit_rows
from pipelines.recommenders.ranking import PAD
from pipelines.sparse import empty, row_of_each, with_data

#: What makes two tracks alike to a listener who looks at a list.
_LOOKS = (ARTISTS, TAGS, GENRES)
#: Steck's share of the history's own mix in the list's: without it a style that is missing costs infinitely much.
_SMOOTHING = 0.01
_MOST_STYLES = 100
#: Mixes are compared for so many listeners at a time: with a hundred styles, 16 MB a matrix.
_BLOCK = 20_000
#: A pair needs two.
_LEAST = 2


def catalogue_coverage(lists: np.ndarray, n_tracks: int) -> float:
    """Return the share of the catalogue that appears in at least one list (Herlocker et al. 2004)."""
    return float((exposure(lists, n_tracks) > 0).mean()) if n_tracks else 0.0


def novelty(lists: np.ndarray, listeners: np.ndarray, n_listeners: int) -> float:
    """Return the mean self-information of the recommended tracks, in bits: -log2 of the share who play it.

    Zhou et al. 2010.

    Args:
        lists: Listeners x k track indices.
        listeners: For each track, how many training listeners play it.
        n_listeners: How many training listeners there are; a track nobody plays counts as if one did.
    """
    shown = lists[lists != PAD]
    bits = -np.log2(np.maximum(listeners, 1) / max(1, n_listeners))
    return float(bits[shown].mean()) if len(shown) else 0.0


def gini(lists: np.ndarray, n_tracks: int) -> float:
    """Return how unequally the places of the lists go to the tracks: 0 for all alike, towards 1 for a few with all.

    With the tracks' places sorted, x_1 <= ... <= x_n: G = sum_i (2i - n - 1) x_i / (n sum_i x_i) (Gini 1912; for
    recommendations Fleder & Hosanagar 2009). Tracks that are never shown count; NaN where nothing is shown.
    """
    places = np.sort(exposure(lists, n_tracks))
    total = places.sum()
    weights = 2.0 * np.arange(1, n_tracks + 1) - n_tracks - 1
    return float(weights @ places / (n_tracks * total)) if total else float("nan")


def popularity_lift(lists: np.ndarray, given: sp.csr_array, listeners: np.ndarray) -> float:
    """Return the mean popularity of the lists over that of the histories: above 1, lists push what is popular anyway.

    The popularity of a list (of a history) is the mean number of training listeners of its tracks; both are averaged
    over the listeners who have both (Abdollahpouri et al. 2019, whose lift is this ratio minus 1).

    Args:
        lists: Listeners x k track indices.
        given: Listeners x tracks, the histories the lists were made from.
        listeners: For each track, how many training listeners play it.
    """
    in_lists = _row_means(as_matrix(lists, given.shape[1]), listeners)
    in_histories = _row_means(given, listeners)
    both = ~np.isnan(in_lists + in_histories)
    base = in_histories[both].sum()
    return float(in_lists[both].sum() / base) if base > 0 else float("nan")


def intra_list_diversity(lists: np.ndarray, looks: sp.csr_array) -> np.ndarray:
    """Return 1 - the mean cosine over the pairs of tracks in each list; NaN for fewer than two known tracks.

    Smyth & McClave 2001; Ziegler et al. 2005. Of unit vectors, the cosines of all m (m - 1) ordered pairs sum to
    |sum of the vectors|^2 - m, so no pair is ever formed. Tracks nothing is known about take no part.

    Args:
        lists: Listeners x k track indices.
        looks: Tracks x features, rows of unit length or empty.
    """
    shown = as_matrix(lists, looks.shape[0])
    sums = sp.csr_array(shown @ looks)
    squared = np.bincount(row_of_each(sums), weights=sums.data.astype(float) ** 2, minlength=len(lists))
    known = shown @ (np.diff(looks.indptr) > 0).astype(float)
    pairs = np.where(known >= _LEAST, known * (known - 1), np.nan)
    diversity: np.ndarray = np.clip(1.0 - (squared - known) / pairs, 0.0, 1.0)
    return diversity


def miscalibration(lists: np.ndarray, given: sp.csr_array, styles: sp.csr_array) -> np.ndarray:
    """Return how far the mix of styles in each list is from that in the history, in bits; NaN where one has no style.

    Steck 2018: KL(p || q') = sum_g p_g log2(p_g / q'_g), with p the mean style distribution of the history's tracks,
    q that of the list's and q' = .99 q + .01 p. 0 is the same mix; log2(100) = 6.6 is nothing in common. Each track of
    the history counts once, however often it was played.

    Args:
        lists: Listeners x k track indices.
        given: Listeners x tracks, the histories the lists were made from.
        styles: Tracks x styles, no negative entries; rows need not sum to anything.
    """
    spread = _shares(styles.toarray())
    parts = [
        _divergence(lists[start : start + _BLOCK], sp.csr_array(given[start : start + _BLOCK]), spread)
        for start in range(0, len(lists), _BLOCK)
    ]
    return np.concatenate(parts) if parts else np.empty(0)


def looks_of(items: Mapping[str, sp.csr_array], n_tracks: int) -> sp.csr_array:
    """Return tracks x features of unit length from artists, tags and genres, as far as they are known."""
    blocks = [items[name] for name in _LOOKS if name in items]
    return unit_rows(sp.csr_array(sp.hstack(blocks))) if blocks else empty(n_tracks, 1)


def styles_of(items: Mapping[str, sp.csr_array], n_tracks: int) -> sp.csr_array:
    """Return tracks x styles: the genres, or the tags where there are none, the hundred most frequent, or nothing.

    A mix of thousands of tags, most of them on a handful of tracks, is no mix a listener would notice.
    """
    found = items.get(GENRES, items.get(TAGS))
    if found is None:
        return empty(n_tracks, 1)
    frequent = np.argsort(-np.bincount(found.indices, minlength=found.shape[1]), kind="stable")[:_MOST_STYLES]
    return sp.csr_array(found[:, np.sort(frequent)])


def exposure(lists: np.ndarray, n_tracks: int) -> np.ndarray:
    """Return in how many lists each track stands."""
    return np.bincount(lists[lists != PAD], minlength=n_tracks)


def as_matrix(lists: np.ndarray, n_tracks: int) -> sp.csr_array:
    """Return lists as listeners x tracks, 1 where a track stands in the list."""
    filled = lists != PAD
    indptr = np.concatenate([[0], np.cumsum(filled.sum(axis=1))])
    return sp.csr_array((np.ones(indptr[-1]), lists[filled], indptr), shape=(len(lists), n_tracks))


def _row_means(matrix: sp.csr_array, values: np.ndarray) -> np.ndarray:
    """Return for each row the mean of ``values`` over its entries' columns; NaN for an empty row."""
    counts = np.diff(matrix.indptr).astype(float)
    sums = np.bincount(row_of_each(matrix), weights=values[matrix.indices].astype(float), minlength=matrix.shape[0])
    means: np.ndarray = sums / np.where(counts > 0, counts, np.nan)
    return means


def _divergence(lists: np.ndarray, given: sp.csr_array, spread: np.ndarray) -> np.ndarray:
    """Return the divergence of each list's mix from the history's, given each track's distribution over the styles."""
    wanted = _shares(with_data(given, np.ones(given.nnz)) @ spread)
    shown = _shares(as_matrix(lists, given.shape[1]) @ spread)
    mixed = (1 - _SMOOTHING) * shown + _SMOOTHING * wanted
    # A style the history lacks adds nothing: 0 log 0 = 0.
    played = wanted > 0
    terms = np.zeros_like(wanted)
    terms[played] = wanted[played] * np.log2(wanted[played] / mixed[played])
    known = played.any(axis=1) & (shown > 0).any(axis=1)
    return np.where(known, np.maximum(terms.sum(axis=1), 0.0), np.nan)


def _shares(rows: np.ndarray) -> np.ndarray:
    """Return each row divided by its sum; empty rows stay empty."""
    sums = rows.sum(axis=1, keepdims=True, dtype=float)
    shares: np.ndarray = rows / np.where(sums > 0, sums, 1.0)
    return shares
