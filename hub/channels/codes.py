"""The websocket close codes of the hub, and which error closes with which."""

from hub.errors import Forbidden, HubError, TooManyRequests, Unauthorized

NORMAL = 1000
NOT_ALLOWED_FRAME = 1008
INTERNAL = 1011
RESTART = 1012
MALFORMED = 4400
TOKEN = 4401
FORBIDDEN = 4403
NO_HELLO = 4408
TOO_MANY = 4429
TOO_SLOW = 4508


def code_of(error: HubError) -> int:
    """The close code for an error that ends a socket."""
    if isinstance(error, Unauthorized):
        return TOKEN
    if isinstance(error, Forbidden):
        return FORBIDDEN
    if isinstance(error, TooManyRequests):
        return TOO_MANY
    return INTERNAL
