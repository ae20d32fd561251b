"""What is asked at the same time is answered together, and everybody gets their own answer."""

import asyncio

import pytest

from serving.batching import Batcher


def asked(batcher, *questions):
    async def ask():
        return await asyncio.gather(*map(batcher.ask, questions), return_exceptions=True)

    return asyncio.run(ask())


@pytest.fixture
def batches():
    return []


@pytest.fixture
def halves(batches):
    def answer(questions):
        batches.append(list(questions))
        return [12 / question for question in questions]

    return Batcher(answer)


def test_what_is_asked_at_once_is_one_batch(halves, batches):
    assert asked(halves, 1, 2, 3) == [12, 6, 4]
    assert batches == [[1, 2, 3]]


def test_what_is_asked_later_is_another(halves, batches):
    async def one_after_the_other():
        return [await halves.ask(2), await halves.ask(3)]

    assert asyncio.run(one_after_the_other()) == [6, 4]
    assert batches == [[2], [3]]


def test_a_batch_has_an_end(halves, batches):
    assert asked(halves, *[1] * 70) == [12] * 70
    assert [len(batch) for batch in batches] == [32, 32, 6]


def test_an_error_reaches_only_who_caused_it(halves):
    first, second, third = asked(halves, 1, 0, 3)
    assert (first, third) == (12, 4)
    assert isinstance(second, ZeroDivisionError)


def test_who_has_gone_is_not_waited_for(halves):
    async def some_leave():
        staying, leaving = asyncio.ensure_future(halves.ask(4)), asyncio.ensure_future(halves.ask(0))
        await asyncio.sleep(0)
        leaving.cancel()
        return await staying

    assert asyncio.run(some_leave()) == 3
