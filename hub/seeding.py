"""What a new hub starts with: the catalogue's channels and, for development, demo people and what they wrote."""

import os
import secrets
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import msgspec
from msgspec import Struct

from hub.model import ChannelInput, ParkFacts, PostInput, Role, rfc3339
from hub.parks import Park, channel_catalogue
from hub.store import accounts, channels, posts
from hub.store.accounts import Account
from hub.store.database import Transaction
from hub.tokens import Identity, hash_password


class DemoPerson(Struct, frozen=True):
    """Somebody who wrote the demo content."""

    username: str
    name: str
    role: Role


class DemoPost(Struct, frozen=True):
    """A post of the demo content."""

    channel: str
    author: str
    hours_ago: float
    title: str
    comment: str
    content: dict[str, Any]


class DemoContent(Struct, frozen=True):
    """The file `hub/data/demo.json`."""

    people: list[DemoPerson]
    posts: list[DemoPost]


def demo_content() -> DemoContent:
    """The demo people and their posts."""
    return msgspec.json.decode((files("hub") / "data" / "demo.json").read_bytes(), type=DemoContent)


def demo_logins(path: Path) -> dict[str, str]:
    """Usernames and passwords of the demo people: made once, and kept in `path` for its owner to read."""
    if path.is_file():
        return msgspec.json.decode(path.read_bytes(), type=dict[str, str])
    logins = {person.username: secrets.token_urlsafe(9) for person in demo_content().people}
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.encode(logins))
    return logins


def add_channels(tx: Transaction) -> int:
    """Add the catalogue's channels that are missing; returns how many."""
    present = {channel.slug for channel in channels.every(tx)}
    missing = [(n, one) for n, one in enumerate(channel_catalogue()) if one.slug not in present]
    for position, one in missing:
        new = ChannelInput(one.slug, one.name, one.group, one.kind, one.description)
        channels.create(tx, new, None if one.park is None else _facts(one.park), position)
    return len(missing)


def add_demo(tx: Transaction, logins: dict[str, str]) -> None:
    """Add the demo people and their posts, those that are missing."""
    content = demo_content()
    people = {person.username: _identity(_account(tx, person, logins)) for person in content.people}
    this_moment = tx.now
    for post in sorted(content.posts, key=lambda one: -one.hours_ago):
        tx.now = rfc3339(datetime.now(UTC) - timedelta(hours=post.hours_ago))
        new = PostInput(post.title, post.comment, post.content, client_id=_client_id(post.channel, post.title))
        if not posts.was_created(tx, people[post.author].user_id, new.client_id):
            posts.create(tx, people[post.author], post.channel, new)
    tx.now = this_moment


def _account(tx: Transaction, person: DemoPerson, logins: dict[str, str]) -> Account:
    known = accounts.by_username(tx, person.username)
    if known is not None:
        return known
    hashed = hash_password(logins[person.username])
    return accounts.register(tx, person.username, person.name, hashed, person.role)


def _identity(account: Account) -> Identity:
    return Identity(account.id, account.username, account.name, account.role, "seed", 0.0)


def _client_id(*parts: str) -> UUID:
    return uuid5(NAMESPACE_URL, "frostbyte-hub/demo/" + "/".join(parts))


def _facts(park: Park) -> ParkFacts:
    return ParkFacts(
        code=park.code,
        full_name=park.full_name,
        designation=park.designation,
        states=park.states,
        latitude=park.latitude,
        longitude=park.longitude,
        activities=park.activities,
        topics=park.topics,
    )
