"""What a world needs of machines: memory, hours, how many, and what gives way first."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pipelines.testing.capacity.laws import Estimate
from pipelines.testing.capacity.stages import Laws, Stage
from pipelines.testing.capacity.worlds import World

#: A training fits one candidate on five folds and then on everybody (``EvaluationRules.folds``).
FITS = 6
#: What happens in a night, in its order, by name.
NIGHT = ("ingest", "features", "fit", "evaluation", "lists")
_HOUR = 3600.0
_GIB = 1073.741824  # MB


@dataclass(frozen=True)
class Machine:
    """A machine, and how long it has.

    Attributes:
        cores: Its cores, as fast as the measured ones.
        memory: Its memory in GiB.
        hours: How long the stages of a night may take, all together.
    """

    cores: int
    memory: float
    hours: float = 8.0


@dataclass(frozen=True)
class Price:
    """What a person pays; no default, as prices differ by place and day.

    Attributes:
        core_hour: For a core for an hour.
        gib_hour: For a GiB of memory for an hour.
    """

    core_hour: float
    gib_hour: float = 0.0


@dataclass(frozen=True)
class Need:
    """What a stage needs for a world.

    Attributes:
        stage: The stage.
        core_hours: Its work.
        memory: The most it holds, in GiB; None where that is counted with another stage.
    """

    stage: Stage
    core_hours: Estimate
    memory: Estimate | None

    def hours(self, cores: int) -> float:
        """Return how long it takes; a stage that does not spread uses one core, one that does all of them evenly."""
        return self.core_hours.value / (cores if self.stage.spreads else 1)

    def gib_hours(self, cores: int) -> float:
        """Return the memory it holds times how long it holds it."""
        return self.memory.value * self.hours(cores) if self.memory else 0.0

    def cost(self, cores: int, price: Price) -> float:
        """Return what it costs on a machine that is paid for by what is used of it."""
        return self.core_hours.value * price.core_hour + self.gib_hours(cores) * price.gib_hour


@dataclass(frozen=True)
class Bottleneck:
    """What gives way first.

    Attributes:
        stage: The stage.
        what: "memory" or "time".
        share: How much of the machine's memory, or of the night, it needs; more than 1 does not fit.
    """

    stage: Stage
    what: str
    share: float


def needs(world: World, laws: Sequence[Laws], engine: str = "local") -> list[Need]:
    """Return what every stage needs, on Spark where the engine says so and the stage can."""
    there = {(each.stage.name, each.stage.engine): each for each in laws}
    names = dict.fromkeys(each.stage.name for each in laws)
    return [_need(there.get((name, engine)) or there[name, "local"], world) for name in names]


def bottleneck(night: Sequence[Need], machine: Machine) -> Bottleneck:
    """Return what is nearest to giving way, or furthest beyond."""
    shares = [Bottleneck(need.stage, "time", need.hours(machine.cores) / machine.hours) for need in night]
    held = [(need.stage, need.memory) for need in night if need.memory]
    shares += [Bottleneck(stage, "memory", memory.value / machine.memory) for stage, memory in held]
    return max(shares, key=lambda each: each.share)


def fits(night: Sequence[Need], machine: Machine) -> bool:
    """Say whether every stage has room, and all together end in time."""
    together = sum(need.hours(machine.cores) for need in night)
    return together <= machine.hours and bottleneck(night, machine).share <= 1


def ends_at(shape: Callable[[float], World], laws: Sequence[Laws], machine: Machine) -> float:
    """Return the plays of the largest world of a shape that one machine still takes, to a hundredth.

    Args:
        shape: Plays to a world.
        laws: The laws of the stages.
        machine: The machine.
    """
    low, high = 1e3, 1e12
    while high / low > 1.01:  # noqa: PLR2004 - a hundredth
        middle = math.sqrt(low * high)
        enough = fits(night_of(needs(shape(middle), laws)), machine)
        low, high = (middle, high) if enough else (low, middle)
    return low


def night_of(found: Sequence[Need]) -> list[Need]:
    """Return the needs of a night alone, in its order; what is done on other occasions is left out."""
    by_name = {need.stage.name: need for need in found}
    return [by_name[name] for name in NIGHT if name in by_name]


def machines(need: Need, machine: Machine) -> int:
    """Return how many machines do a stage in a night, where its work can be divided."""
    return max(1, math.ceil(need.core_hours.value / (machine.cores * machine.hours)))


def workers(requests: float, each: float, busy: float = 0.5) -> int:
    """Return how many workers of the service answer so many requests a second.

    Args:
        requests: Requests a second, at the worst time of the day.
        each: What one worker answers at most.
        busy: How busy it may be: latencies were measured at half its rate.
    """
    return max(1, math.ceil(requests / (each * busy)))


def _need(laws: Laws, world: World) -> Need:
    drivers = world.drivers()
    times = FITS if laws.stage.name == "fit" else 1
    seconds = laws.seconds.at(drivers)
    memory = _times(laws.memory.at(drivers), 1 / _GIB) if laws.memory else None
    return Need(laws.stage, _times(seconds, times / _HOUR), memory)


def _times(found: Estimate, factor: float) -> Estimate:
    return Estimate(found.value * factor, found.low * factor, found.high * factor, found.beyond)
