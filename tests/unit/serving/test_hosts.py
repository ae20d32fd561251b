"""Which names the service answers to over the loopback."""

import pytest

from pipelines.errors import WrongHostError
from serving.identity.hosts import Hosts
from serving.request import Asked

HERE, ELSEWHERE = {"server": ("127.0.0.1", 3000)}, {"server": ("192.0.2.1", 3000)}


def check(host, scope=HERE, more=()):
    Hosts(more).check(scope, Asked([(b"host", host.encode())]))


@pytest.mark.parametrize("host", ["localhost:3000", "LOCALHOST", "127.0.0.1:3000", "127.0.0.53", "[::1]:3000", ""])
def test_its_own_names_are_answered(host):
    check(host)


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1.evil.example:3000", "127.0.0.1@evil.example", "127.0.0.one", "[", "localhost.evil"],
)
def test_a_name_that_was_made_to_lead_here_is_not(host):
    with pytest.raises(WrongHostError, match="not called by the name"):
        check(host)
    check(host, ELSEWHERE)  # there a key is asked for anyway


def test_the_owner_can_add_names_and_endings():
    for host in ("music.example", "a.lan:3000", "b.a.lan"):
        check(host, more=["Music.example", ".lan"])
    for host in ("music.example.evil", "lan", "xlan"):
        with pytest.raises(WrongHostError):
            check(host, more=["Music.example", ".lan"])
