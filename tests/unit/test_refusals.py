"""What is refused before the application sees it."""

import json

import pytest

from hub.refusals import TARGET_LIMIT, problem_of, status_of, whole_answer


def status(
    target: bytes, *, method: bytes = b"GET", version: bytes = b"1.1", host: bytes = b"hub.example"
) -> int | None:
    return status_of(method, target, version, host)


@pytest.mark.parametrize(
    "target",
    [
        b"/",
        b"/a%20b",
        b"/a?q=%zz&b=100%",
        b"//x",
        b"http://hub.example/a",
        b"HTTPS://hub.example?x",
        b"/%00",
        b"/a%c3%a9",
    ],
)
def test_sound_targets_are_let_through(target: bytes) -> None:
    assert status(target) is None


@pytest.mark.parametrize(
    "target",
    [
        b"/%",
        b"/%z",
        b"/%zz",
        b"/a%2",
        b"a",
        b"?x",
        b"*",
        b"ftp://a/b",
        b"http://",
        b"http://[/a",
        b"http://a/%zz",
        b"a:443",
    ],
)
def test_targets_that_name_nothing_are_bad_requests(target: bytes) -> None:
    assert status(target) == 400


def test_only_options_may_ask_about_the_server_itself() -> None:
    assert status(b"*", method=b"OPTIONS") is None


@pytest.mark.parametrize(
    "host", [b"", b"a", b"a.b:443", b"127.0.0.1:8000", b"[::1]:80", b"a_b", b"xn--bcher-kva.example"]
)
def test_hosts_that_can_be_are_let_through(host: bytes) -> None:
    assert status(b"/", host=host) is None


@pytest.mark.parametrize(
    "host", [b"a b", b"a/b", b"a@b", b"[::1", b"a:b", b"a:123456", b"a\\b", b"\xff", b"a,b", b"a?b"]
)
def test_hosts_that_cannot_be_are_bad_requests(host: bytes) -> None:
    assert status(b"/", host=host) == 400


def test_length_and_version_have_answers_of_their_own() -> None:
    assert status(b"/" + b"a" * TARGET_LIMIT) == 414
    assert status(b"/", version=b"9.9") == 505


@pytest.mark.parametrize("refused", [400, 408, 414, 431, 501, 503, 505])
def test_every_refusal_is_a_problem_that_says_what_to_do(refused: int) -> None:
    headers, body = problem_of(refused)
    problem = json.loads(body)
    assert (b"content-type", b"application/problem+json") in headers
    assert problem["status"] == refused
    assert problem["title"] and len(problem["detail"]) > 10
    assert whole_answer(refused).startswith(f"HTTP/1.1 {refused} ".encode())
