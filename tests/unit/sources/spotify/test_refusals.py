"""Each refusal that was seen of the Web API is told apart from the others, with its own remedy."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.sources.spotify_api.refusals import QUOTA_PAUSE_SECONDS, RATE_WINDOW_SECONDS, Reason, diagnose

PREMIUM = (
    "Active premium subscription required for the owner of the app. When the subscription status changes, it can take "
    "a few hours before requests are allowed again."
)
UNREGISTERED = "Check settings on developer.spotify.com/dashboard, the user may not be registered."


def api(status, message=None, **more):
    error = {"status": status} | ({"message": message} if message is not None else {}) | more
    return json.dumps({"error": error})


@pytest.mark.parametrize(
    ("status", "body", "endpoint", "reason"),
    [
        (403, api(403), "audio-features", Reason.CLOSED),
        (403, api(403), "audio-analysis/4uLU6hMCjMI75M1A2tKUQC", Reason.CLOSED),
        (404, "", "recommendations", Reason.CLOSED),
        (404, api(404), "artists/4uLU6hMCjMI75M1A2tKUQC/related-artists", Reason.CLOSED),
        (404, api(404), "browse/featured-playlists", Reason.CLOSED),
        (403, api(403, "Forbidden"), "tracks", Reason.CLOSED),
        (403, api(403, "Forbidden"), "artists/4uLU6hMCjMI75M1A2tKUQC/top-tracks", Reason.CLOSED),
        (403, api(403, "Forbidden"), "users/somebody/playlists", Reason.CLOSED),
        (403, api(403, "Forbidden"), "playlists/37i9dQZF1DXcBWIGoYBM5M/tracks", Reason.CLOSED),
        (403, api(403, "Forbidden"), "playlists/37i9dQZF1DXcBWIGoYBM5M/items", Reason.NOT_OWNER),
        (403, PREMIUM, "me", Reason.OWNER_NOT_PREMIUM),
        (403, PREMIUM, "audio-features", Reason.OWNER_NOT_PREMIUM),
        (403, api(403, UNREGISTERED), "me", Reason.NOT_ALLOW_LISTED),
        (403, UNREGISTERED, "playlists/37i9dQZF1DXcBWIGoYBM5M/items", Reason.NOT_ALLOW_LISTED),
        (403, api(403, "Insufficient client scope"), "me/tracks", Reason.MISSING_SCOPE),
        (403, api(403, "Insufficient client scope"), "audio-features", Reason.MISSING_SCOPE),
        (403, api(403, "Something new"), "me/tracks", Reason.UNKNOWN),
        (403, "", "me/tracks", Reason.UNKNOWN),
        (404, api(404, "Resource not found"), "tracks/4uLU6hMCjMI75M1A2tKUQC", Reason.NOT_FOUND),
        (404, api(404, "Resource not found"), "playlists/37i9dQZF1DXcBWIGoYBM5M", Reason.NOT_FOUND),
        (429, api(429, "API rate limit exceeded"), "me/tracks", Reason.RATE_LIMIT),
        (429, api(429, "Too many requests", reason="QUOTA_EXCEEDED"), "me/tracks", Reason.QUOTA),
        (429, "", "api/token", Reason.RATE_LIMIT),
        (401, api(401, "The access token expired"), "me", Reason.EXPIRED_TOKEN),
        (400, api(400, "Invalid base62 id"), "tracks/x", Reason.BAD_REQUEST),
        (400, '{"error":"invalid_grant","error_description":"Refresh token revoked"}', "api/token", Reason.LOGIN_ENDED),
        (400, '{"error":"invalid_client"}', "api/token", Reason.WRONG_CLIENT),
        (401, '{"error":"invalid_client"}', "api/token", Reason.WRONG_CLIENT),
        (400, '{"error":"unsupported_grant_type"}', "api/token", Reason.UNKNOWN),
        (502, "<html>", "me", Reason.SERVER),
        (503, "", "api/token", Reason.SERVER),
        (302, "", "me", Reason.UNKNOWN),
        (418, '{"error":"a text"}', "me", Reason.UNKNOWN),
    ],
)
def test_a_refusal_is_recognised(status, body, endpoint, reason):
    assert diagnose(status, {}, body, endpoint).reason is reason


def test_a_missing_scope_may_stand_in_a_header():
    headers = {"WWW-Authenticate": 'Bearer error="insufficient_scope"'}
    assert diagnose(403, headers, api(403, "Forbidden"), "me/tracks").reason is Reason.MISSING_SCOPE


@pytest.mark.parametrize(
    ("headers", "body", "seconds"),
    [
        ({"Retry-After": "7"}, "", 7.0),
        ({"retry-after": " 80000 "}, "", 80_000.0),
        ({"Retry-After": "80000"}, api(429, reason="QUOTA_EXCEEDED"), 80_000.0),
        ({}, "", RATE_WINDOW_SECONDS),
        ({}, api(429, reason="QUOTA_EXCEEDED"), QUOTA_PAUSE_SECONDS),
        ({"Retry-After": "-5"}, "", RATE_WINDOW_SECONDS),
        ({"Retry-After": "soon"}, "", RATE_WINDOW_SECONDS),
        ({"Retry-After": "999999999999"}, "", 30 * 86_400.0),
    ],
)
def test_the_wait_is_what_the_header_says_within_reason(headers, body, seconds):
    assert diagnose(429, headers, body, "me").wait == seconds


def test_only_what_passes_by_itself_says_to_wait():
    refusals = {
        reason: diagnose(*case).wait
        for reason, case in {
            "closed": (403, {"Retry-After": "9"}, api(403), "audio-features"),
            "server": (503, {"Retry-After": "9"}, "", "me"),
            "token": (401, {"Retry-After": "9"}, "", "me"),
        }.items()
    }
    assert set(refusals.values()) == {None}


def test_no_two_forbidden_requests_have_the_same_remedy():
    forbidden = [
        (api(403), "audio-features"),
        (api(403, "Forbidden"), "playlists/37i9dQZF1DXcBWIGoYBM5M/items"),
        (PREMIUM, "me"),
        (api(403, UNREGISTERED), "me"),
        (api(403, "Insufficient client scope"), "me"),
        (api(403, "Something new"), "me"),
    ]
    assert len({diagnose(403, {}, body, endpoint).remedy for body, endpoint in forbidden}) == len(forbidden)


def test_log_in_again_is_no_answer_to_what_a_log_in_does_not_mend():
    for body, endpoint in ((api(403), "audio-features"), (PREMIUM, "me"), (api(403, UNREGISTERED), "me"), ("", "me")):
        assert "log in" not in diagnose(403, {}, body, endpoint).remedy.lower()


def test_words_of_spotify_are_one_short_line():
    refusal = diagnose(400, {}, api(400, "no\n" * 1_000), "me")
    assert "\n" not in refusal.what
    assert len(refusal.what) < 260


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["error", "message", "reason"]), inner),
    max_leaves=6,
)


@given(
    status=st.integers(300, 599),
    body=st.text(max_size=60) | JSON.map(json.dumps) | st.just("[" * 10_000),
    header=st.text(max_size=20),
    endpoint=st.sampled_from(["me", "api/token", "tracks", "playlists/x/items", ""]) | st.text(max_size=20),
)
def test_whatever_comes_is_some_refusal_with_a_remedy(status, body, header, endpoint):
    refusal = diagnose(status, {"Retry-After": header}, body, endpoint)
    assert refusal.what
    assert refusal.remedy
    assert refusal.wait is None or 0 <= refusal.wait <= 30 * 86_400
