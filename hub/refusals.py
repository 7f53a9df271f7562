"""Requests that are none: how they are recognised, and the answers that the server gives in the application's place."""

import re
from http import HTTPStatus
from urllib.parse import urlsplit

import msgspec

TARGET_LIMIT = 8 * 1024
Headers = list[tuple[bytes, bytes]]

_DETAILS = {
    400: "The request could not be read: check its first line, its address, its headers and the length of its body.",
    408: "The request was not whole in time: send it faster.",
    414: f"The address is too long: {TARGET_LIMIT // 1024} KB at most.",
    431: "The headers are too large: 32 KB at most.",
    501: "The body comes in a transfer coding that is not understood: send it with Content-Length, or chunked.",
    505: "Speak HTTP/1.1.",
    503: "There is no room for another connection: try again in a few seconds.",
}
_RETRY_AFTER = b"5"
# RFC 3986, section 2.1: a percent sign begins an encoding, and that is whole.
_PATH = re.compile(rb"/(?:[^%]|%[0-9A-Fa-f]{2})*")
_HOST = re.compile(rb"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~-]*)(?::[0-9]{0,5})?")


def status_of(method: bytes, target: bytes, version: bytes, host: bytes) -> int | None:
    """The status that refuses a request with this target (RFC 9112, section 3.2) and Host; None for a sound one."""
    if version not in (b"1.0", b"1.1"):
        return HTTPStatus.HTTP_VERSION_NOT_SUPPORTED
    if len(target) > TARGET_LIMIT:
        return HTTPStatus.REQUEST_URI_TOO_LONG
    if not _HOST.fullmatch(host):
        return HTTPStatus.BAD_REQUEST
    if target == b"*" and method == b"OPTIONS":
        return None
    path = target.partition(b"?")[0]
    if not path.startswith(b"/"):
        path = _path_of_absolute(path)
    return None if _PATH.fullmatch(path) else HTTPStatus.BAD_REQUEST


def _path_of_absolute(url: bytes) -> bytes:
    """The path of a target in absolute form, as proxies send it; empty when it is none."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return b""
    return (parts.path or b"/") if parts.scheme in (b"http", b"https") and parts.netloc else b""


def problem_of(status: int) -> tuple[Headers, bytes]:
    """Headers and body of the answer (RFC 9457); the connection ends with it."""
    known = HTTPStatus(status)
    body = msgspec.json.encode(
        {
            "type": "about:blank",
            "title": known.phrase,
            "status": status,
            "detail": _DETAILS.get(status, _DETAILS[400]),
        }
    )
    headers = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    if status in (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.SERVICE_UNAVAILABLE):
        headers.append((b"retry-after", _RETRY_AFTER))
    return headers, body


def whole_answer(status: int) -> bytes:
    """The answer as bytes, for a connection that nothing has read from yet."""
    headers, body = problem_of(status)
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}".encode(), *(b": ".join(header) for header in headers)]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body
