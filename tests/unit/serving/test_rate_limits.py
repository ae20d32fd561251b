import pytest

from pipelines.errors import TooManyCallsError
from serving.identity.rate_limits import RateLimits


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def test_a_minutes_calls_may_come_at_once_and_then_at_their_rate(clock):
    rates = RateLimits(clock)
    for _ in range(60):
        rates.take("ada", 60)
    with pytest.raises(TooManyCallsError) as raised:
        rates.take("ada", 60)
    assert raised.value.seconds == 1
    clock.now = 1.0
    rates.take("ada", 60)
    with pytest.raises(TooManyCallsError):
        rates.take("ada", 60)


def test_callers_have_buckets_of_their_own(clock):
    rates = RateLimits(clock)
    rates.take("ada", 1)
    rates.take("bob", 1)
    with pytest.raises(TooManyCallsError) as raised:
        rates.take("ada", 1)
    assert raised.value.seconds == 60


def test_who_is_refused_does_not_wait_longer_for_asking_again(clock):
    rates = RateLimits(clock)
    rates.take("ada", 1)
    for clock.now in range(1, 60):
        with pytest.raises(TooManyCallsError):
            rates.take("ada", 1)
    clock.now = 60
    rates.take("ada", 1)


def test_a_bucket_never_holds_more_than_a_minutes_calls(clock):
    rates = RateLimits(clock)
    rates.take("ada", 2)
    clock.now = 10_000
    rates.take("ada", 2)
    rates.take("ada", 2)
    with pytest.raises(TooManyCallsError):
        rates.take("ada", 2)
