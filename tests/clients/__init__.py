"""A member's REST client and a channel's websocket client, as the contract describes them.

Both are what a careful front end would be: `ChannelClient` applies each durable event once and in order,
notices gaps, and resumes from where it was. Tests read what it saw; nothing here repairs what the hub does
wrong.
"""

from tests.clients.channel import ChannelClient
from tests.clients.chat import ChatClient
from tests.clients.rest import PASSWORD, Api, ApiError
from tests.clients.state import ChannelState, Frame
from tests.clients.workers import connect_elsewhere, on_worker, one_on_each_worker

__all__ = [
    "PASSWORD",
    "Api",
    "ApiError",
    "ChannelClient",
    "ChannelState",
    "ChatClient",
    "Frame",
    "connect_elsewhere",
    "on_worker",
    "one_on_each_worker",
]
