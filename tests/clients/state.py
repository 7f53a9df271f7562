"""What a page shows of one channel."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Self

Frame = dict[str, Any]


@dataclass
class ChannelState:
    """What a page shows of one channel: made from a history, kept fresh by events.

    Two states are equal when a page drawn from one equals a page drawn from the other.
    """

    posts: dict[Any, dict[str, Any]] = field(default_factory=dict)
    reviews: dict[Any, dict[str, Any]] = field(default_factory=dict)
    rating: dict[str, Any] | None = None
    # None until the first `channel.updated`: a history names its channel, and does not describe it.
    channel: dict[str, Any] | None = None
    locations: dict[str, dict[str, Any]] = field(default_factory=dict)
    presence: dict[str, Any] | None = None

    @classmethod
    def from_history(cls, history: dict[str, Any]) -> Self:
        state = cls()
        state.posts = {post["id"]: post for post in history["posts"]["items"]}
        state.reviews = {review["id"]: review for review in history.get("reviews", {}).get("items", ())}
        state.rating = _without(history.get("rating"), "mine")
        state.locations = {location["username"]: location for location in history.get("locations", ())}
        return state

    def apply(self, event: Frame) -> None:
        """Take over one event; unknown types are passed over, as a page must."""
        kind: str = event["type"]
        data: Any = event.get("data")
        noun, _, verb = kind.partition(".")
        if noun in ("post", "review"):
            things = self.posts if noun == "post" else self.reviews
            if verb == "deleted":
                things.pop(data["id"], None)
            else:
                things[data["id"]] = data
        elif kind == "member.updated":
            self._rename(data)
        elif kind == "rating.updated":
            self.rating = data
        elif kind == "channel.updated":
            self.channel = _without(data, "stats", "online")
        elif kind == "location.updated":
            self.locations[data["username"]] = data
        elif kind == "location.removed":
            self.locations.pop(data["username"], None)
        elif kind == "presence.changed":
            self.presence = data

    def _rename(self, member: dict[str, Any]) -> None:
        """What is known of a member's things gets the new name; those of one who left are told by their ids."""
        for things, left in ((self.posts, "posts"), (self.reviews, "reviews")):
            for thing_id in member.get(left, ()):
                if thing_id in things:
                    _former(things[thing_id], member["name"])
            for thing in things.values():
                if member["username"] is not None and thing["author"]["username"] == member["username"]:
                    thing["author"] = {key: member[key] for key in ("username", "name", "role") if key in member}


def _former(thing: dict[str, Any], name: str) -> None:
    thing |= {"author": {"username": None, "name": name}, "client_id": None}
    if "stars" in thing:
        thing["stars"] = None


def _without(thing: Any, *names: str) -> Any:
    if not isinstance(thing, dict):
        return thing
    return {name: value for name, value in thing.items() if name not in names}
