"""What comes in the query string."""

from typing import Any, get_args

from quart import request

from hub.errors import invalid_field


def choice(name: str, options: Any, default: str) -> Any:
    """The parameter `name`, one of the values of a Literal.

    Raises InvalidInput.
    """
    given = request.args.get(name, default)
    allowed = get_args(options)
    if given not in allowed:
        raise invalid_field(name, f"must be one of: {', '.join(allowed)}")
    return given
