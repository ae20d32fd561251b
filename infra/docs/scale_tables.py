"""The tables of docs/scale.md, from the measured rows and the laws fitted on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from infra.docs.reference.markdown import table
from pipelines.testing.capacity.laws import Estimate, Law, exponent, law
from pipelines.testing.capacity.planning import (
    Bottleneck,
    Machine,
    Need,
    Price,
    bottleneck,
    ends_at,
    machines,
    needs,
    night_of,
    workers,
)
from pipelines.testing.capacity.stages import Laws
from pipelines.testing.capacity.worlds import PAIRS_A_PLAY, PAIRS_A_PLAY_AGAIN, YAMBDA, World, sampled, wide

MACHINES = (Machine(2, 24), Machine(16, 128), Machine(64, 512))
PLAYS = (1e6, 1e7, 1e8, 1e9, 5e9)
_REQUESTS = (100, 1_000, 10_000, 100_000)
#: The world, machine and prices of the example in the page.
EXAMPLE = (World(3e8, 4e6, 2e6), Machine(16, 128), Price(core_hour=0.05, gib_hour=0.005))
_KILO = 1000.0


def sections(rows: Sequence[Mapping[str, Any]], laws: Sequence[Laws]) -> Mapping[str, str]:
    """Return every generated part of the page by its name."""
    return {
        "laws": _laws(laws),
        "wide": _needs({short(plays): wide(plays) for plays in PLAYS}, laws),
        "yambda": _needs(YAMBDA, laws),
        "again": _again(laws),
        "check": _check(rows, laws),
        "ends": _ends(laws),
        "bottlenecks": _bottlenecks(laws),
        "sample": _sample(rows),
        "plan": _example(laws),
        "spark": _spark(laws),
        "serving": _serving(rows),
        "store": _store(rows),
    }


def plan(world: World, laws: Sequence[Laws], machine: Machine, price: Price) -> str:
    """Return what a world needs on a machine, and what that costs, as a table."""
    found = needs(world, laws)
    header = ["stage", "core-hours", "times beyond", "GiB", "hours", "GiB-hours", "cost"]
    lines = [
        (
            need.stage.name,
            _span(need.core_hours),
            _further(need.core_hours.beyond),
            _span(need.memory) if need.memory else "",
            short(need.hours(machine.cores)),
            short(need.gib_hours(machine.cores)),
            f"{need.cost(machine.cores, price):,.2f}",
        )
        for need in found
    ]
    return table(header, lines) + "\n" + _words(bottleneck(night_of(found), machine))


def _example(laws: Sequence[Laws]) -> str:
    world, machine, price = EXAMPLE
    return plan(world, laws, machine, price)


def short(value: float) -> str:
    """Return a number with two digits that count: 1.2, 340, 5.6 k, 1 M, 7.3 G."""
    for size, unit in ((1e9, " G"), (1e6, " M"), (1e4, " k")):
        if value >= size * 0.995:
            return f"{_digits(value / (size if unit != ' k' else _KILO))}{unit}"
    return _digits(value)


def _digits(value: float) -> str:
    if value >= 100:  # noqa: PLR2004
        return f"{float(f'{value:.2g}'):,.0f}"
    if value >= 0.001:  # noqa: PLR2004
        return f"{float(f'{value:.2g}'):g}"
    return "< 0.001" if value else "0"


def _span(found: Estimate) -> str:
    return f"{short(found.value)} ({short(found.low)} to {short(found.high)})"


def _laws(laws: Sequence[Laws]) -> str:
    header = ["stage", "engine", "what", "law", "runs", "worst ratio", "exponent (95 %)", "measured up to"]
    lines = []
    for each in laws:
        for words, fitted, scale in (("core-seconds", each.seconds, 1.0), ("MB", each.memory, 1.0)):
            if fitted is not None:
                lines.append((each.stage.name, each.stage.engine, words, *_law(fitted, each.runs, scale)))
    return table(header, lines)


def _law(fitted: Law, runs: Sequence[Mapping[str, Any]], scale: float) -> tuple[str, ...]:
    constant, *others = fitted.coefficients * scale
    parts = [short(constant)] if constant else []
    parts += [
        f"{short(each * 1e6)} a million {driver}" for each, driver in zip(others, fitted.drivers, strict=True) if each
    ]
    used = [row for row in runs if all(name in row for name in (fitted.quantity, *fitted.drivers))]
    slope = "-"
    if len(fitted.drivers) == 1:
        found = exponent(fitted.quantity, fitted.drivers[0], used, constant=_constant(fitted))
        slope = f"{found.value:.2f} ({found.low:.2f} to {found.high:.2f})"
    reach = ", ".join(f"{short(most)} {name}" for most, name in zip(fitted.largest, fitted.drivers, strict=True))
    return " + ".join(parts), str(fitted.runs), f"{fitted.worst:.2f}", slope, reach


def _constant(fitted: Law) -> float:
    return float(fitted.coefficients[0])


def _needs(worlds: Mapping[str, World], laws: Sequence[Laws]) -> str:
    machine = MACHINES[1]
    header = ["world", "stage", "core-hours", "GiB", "GiB-hours", "machines", "beyond what was measured"]
    lines = []
    for name, world in worlds.items():
        head = f"**{name}**: {short(world.tracks)} tracks, {short(world.listeners)} listeners"
        for need in night_of(needs(world, laws)):
            memory = _span(need.memory) if need.memory else "with the fit"
            furthest = max(need.core_hours.beyond, need.memory.beyond if need.memory else 0.0)
            hours = short(need.gib_hours(machine.cores)) if need.memory else ""
            cells = (need.stage.name, _span(need.core_hours), memory, hours, _machines(need, machine))
            lines.append((head, *cells, _further(furthest)))
            head = ""
    return table(header, lines)


def _again(laws: Sequence[Laws]) -> str:
    """Return the fit of Yambda's worlds where tracks are played again as seldom, and as often, as was measured."""
    header = ["world", "pairs a play", "fit, core-hours", "fit, GiB", "beyond what was measured"]
    lines = []
    for name, world in YAMBDA.items():
        for share in (PAIRS_A_PLAY, PAIRS_A_PLAY_AGAIN):
            found = {need.stage.name: need for need in needs(replace(world, pairs_a_play=share), laws)}["fit"]
            held = _span(found.memory) if found.memory else ""
            lines.append((name, f"{share:g}", _span(found.core_hours), held, _further(found.core_hours.beyond)))
    return table(header, lines)


def _check(rows: Sequence[Mapping[str, Any]], laws: Sequence[Laws]) -> str:
    """Return what the laws say about runs that they were not fitted on: features, one fit and one evaluation each."""
    header = ["plays", "tracks", "products", "said, core-seconds", "measured"]
    own = {each.stage.name: each.seconds for each in laws if each.stage.engine == "local"}
    lines = []
    for row in rows:
        if row["stage"] == "check":
            said = sum(own[name].at(row).value for name in ("features", "fit", "evaluation"))
            sizes = [short(row[name]) for name in ("plays", "tracks", "products")]
            lines.append((*sizes, f"{said:.1f}", f"{row['processor seconds']:.1f}"))
    return table(header, lines)


def _machines(need: Need, machine: Machine) -> str:
    """Return how many machines a stage takes in a night, or why no number of them is enough."""
    if need.memory and need.memory.value > machine.memory:
        return "too small"
    if need.stage.spreads:
        return f"{machines(need, machine):,}"
    return "1" if need.hours(machine.cores) <= machine.hours else "too slow"


def _further(times: float) -> str:
    return "measured" if times <= 1 else f"{short(times)} x"


def _ends(laws: Sequence[Laws]) -> str:
    header = ["one machine", "night", "ends at", "beyond what was measured", "gives way first", "what then changes"]
    lines = []
    for machine in MACHINES:
        for words, shape in (("every listener tested", wide), ("a sample tested", sampled)):
            most = ends_at(shape, laws, machine)
            night = night_of(needs(shape(most * 1.02), laws))
            past = bottleneck(night, machine)
            cells = (_further(_beyond(night, past)), _words(past), past.stage.then)
            lines.append((_name(machine), words, f"{short(most)} plays", *cells))
    return table(header, lines)


def _beyond(night: Sequence[Need], found: Bottleneck) -> float:
    """Return how far the figure that gives way lies beyond what was measured."""
    need = next(need for need in night if need.stage == found.stage)
    return need.memory.beyond if found.what == "memory" and need.memory else need.core_hours.beyond


def _sample(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return what one fold takes with everybody tested and with a sample, and how wide its interval is."""
    header = ["plays", "tracks", "tested of a fold", "core-seconds", "peak MB", "nDCG@10", "half its interval"]
    lines = []
    for row in (row for row in rows if row["stage"] == "sample"):
        sizes = [short(row["plays"]), short(row["tracks"]), f"{row['tested']:,}"]
        took = [f"{row['processor seconds']:.0f}", f"{row['peak MB']:,.0f}"]
        lines.append((*sizes, *took, f"{row['mean']:.4f}", f"{(row['high'] - row['low']) / 2:.4f}"))
    return table(header, lines)


def _bottlenecks(laws: Sequence[Laws]) -> str:
    worlds = {short(plays): wide(plays) for plays in PLAYS} | {
        f"Yambda {name}": world for name, world in YAMBDA.items()
    }
    lines = []
    for name, world in worlds.items():
        night = night_of(needs(world, laws))
        lines.append((name, *(_words(bottleneck(night, machine)) for machine in MACHINES)))
    return table(["plays", *map(_name, MACHINES)], lines)


def _spark(laws: Sequence[Laws]) -> str:
    header = ["plays", "core-hours here", "on Spark", "machines", "GiB of all processes", "beyond what was measured"]
    machine, lines = MACHINES[1], []
    for plays in PLAYS:
        here, there = (
            {need.stage.name: need for need in needs(wide(plays), laws, engine)} for engine in ("local", "spark")
        )
        both = [there["features"], there["fit"]]
        work = [short(sum(side[name].core_hours.value for name in ("features", "fit"))) for side in (here, there)]
        count = max(machines(need, machine) for need in both)
        furthest = max(need.core_hours.beyond for need in both)
        held = there["fit"].memory
        lines.append((short(plays), *work, f"{count:,}", _span(held) if held else "", _further(furthest)))
    return table(header, lines)


def _serving(rows: Sequence[Mapping[str, Any]]) -> str:
    served = [row for row in rows if row["stage"] == "serving"]
    bundle = _bundle(rows)
    lines = []
    for row in served:
        tracks, each = row["tracks"], row["lists a second"]
        size = bundle.at({"tracks": tracks, "listeners": 50_000}).value / 1000
        counts = [
            f"{(n := workers(wanted, each)):,} ({short(size + n * row['own MB'] / 1000)} GB)" for wanted in _REQUESTS
        ]
        lines.append((short(tracks), f"{each:,}", *counts))
    return table(["tracks", "lists a second, one worker", *(f"{short(wanted)}/s" for wanted in _REQUESTS)], lines)


def _bundle(rows: Sequence[Mapping[str, Any]]) -> Law:
    return law("bundle MB", ("tracks", "listeners"), [row for row in rows if "bundle MB" in row])


def _store(rows: Sequence[Mapping[str, Any]]) -> str:
    header = ["what", "law", "runs", "worst ratio", "exponent (95 %)", "measured up to"]
    events = [row for row in rows if row["stage"] == "store"]
    written = [row for row in rows if "written MB" in row]
    lines = [
        ("events appended one by one, core-seconds", *_law(law("processor seconds", ("events",), events), events, 1.0)),
        ("the store's file, MB", *_law(law("store MB", ("events",), events), events, 1.0)),
        ("the bundle, MB", *_law(_bundle(rows), rows, 1.0)),
        ("lists for everybody, MB", *_law(law("written MB", ("listeners",), written), written, 1.0)),
    ]
    return table(header, lines)


def _name(machine: Machine) -> str:
    return f"{machine.cores} cores, {machine.memory:g} GiB"


def _words(found: Bottleneck) -> str:
    what = "of the memory" if found.what == "memory" else "of the night"
    return f"{found.stage.name}: {_share(found.share)} {what}"


def _share(share: float) -> str:
    if share < 0.01:  # noqa: PLR2004
        return "under 1%"
    return f"{share:.0%}" if share < 1.995 else f"{short(share)} times all"  # noqa: PLR2004
