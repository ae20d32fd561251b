"""What one reading of a source is, and so how its rows join those that are there."""

from __future__ import annotations

from enum import StrEnum


class Reading(StrEnum):
    """What one reading of a source is, and so how its rows join those that are there."""

    #: A closed world, invented or published: it takes the place of whatever population was there.
    WORLD = "world"
    #: The listeners of a service: they join the population that is there; an invented world makes way for them.
    POPULATION = "population"
    #: What stands in this installation's own event store: it takes the place of what stood there before.
    EVENTS = "events"
    #: One person's own data: they join whatever is there, and rest on that person's consent.
    PERSON = "person"
