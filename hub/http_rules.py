"""Where the hub's HTTP/1.1 differs from Hypercorn's: what it refuses, and that it says why. A part of `server.py`."""

import h11
from hypercorn.events import Closed
from hypercorn.protocol.events import Body, EndBody, Response
from hypercorn.protocol.h11 import H11Protocol
from hypercorn.protocol.ws_stream import WSStream

from hub import metrics
from hub.refusals import problem_of, status_of

_create_stream = H11Protocol._create_stream


def apply() -> None:
    """Put these rules in the place of Hypercorn's, for all connections of this process."""
    H11Protocol._check_protocol = _stay_with_http_1  # type: ignore[method-assign,assignment]
    H11Protocol._send_error_response = _refuse  # type: ignore[method-assign,assignment]
    H11Protocol._create_stream = _create_sound_stream  # type: ignore[method-assign,assignment]
    WSStream._send_error_response = _refuse_handshake  # type: ignore[method-assign,assignment]


async def _stay_with_http_1(*_: object) -> None:
    """In the place of Hypercorn's own check, which gives HTTP/2 in clear text to whoever asks for it.

    The hub has no use for it, and an upgrade to h2c would walk past the rules of a proxy in front.
    """


async def _refuse(protocol: H11Protocol, status: int) -> None:
    """In the place of Hypercorn's answer to a request that cannot be read, which says nothing."""
    connection = protocol.connection
    if status == 431 and b"\n" not in connection.trailing_data[0]:
        status = 414  # It is the first line that has no end.
    headers, body = problem_of(status)
    metrics.refused.labels(status).inc()
    headers += protocol.config.response_headers("h11")
    await protocol._send_h11_event(h11.Response(status_code=status, headers=headers))
    await protocol._send_h11_event(h11.Data(data=body))
    await protocol._send_h11_event(h11.EndOfMessage())


async def _create_sound_stream(protocol: H11Protocol, request: h11.Request) -> None:
    """Refuse what h11 takes and an application cannot: h11 knows the grammar of a message, not that of an address."""
    host = next((value for name, value in request.headers if name == b"host"), b"")
    status = status_of(request.method, request.target, request.http_version, host)
    if status is not None:
        await _refuse(protocol, status)
    else:
        await _create_stream(protocol, request)
    if status is not None or (isinstance(protocol.stream, WSStream) and protocol.stream.closed):
        await protocol.send(Closed())


async def _refuse_handshake(stream: WSStream, status: int) -> None:
    """In the place of Hypercorn's answer to a handshake that is none."""
    headers, body = problem_of(status)
    metrics.refused.labels(status).inc()
    await stream.send(Response(stream_id=stream.stream_id, status_code=status, headers=headers))
    await stream.send(Body(stream_id=stream.stream_id, data=body))
    await stream.send(EndBody(stream_id=stream.stream_id))
