"""What a worker asks of the worker that runs an answer."""

from msgspec import Struct

from hub.conversation import Index


class Want(Struct, frozen=True, tag="want", tag_field="type"):
    """The pieces from `index` on, once more."""

    message_id: int
    index: Index


class Stop(Struct, frozen=True, tag="stop", tag_field="type"):
    """The end of the answer."""

    message_id: int


Control = Want | Stop
