"""What a new hub starts with: the catalogue's channels and, for development, demo people and what they wrote."""

import os
import secrets
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import msgspec
from msgspec import Struct

from hub.model import ChannelInput, ParkFacts, PostInput, ReviewInput, Role, rfc3339
from hub.parks import Park, channel_catalogue
from hub.passwords import new_password_hash
from hub.store import accounts, channels, posts, ratings, reviews
from hub.store.accounts import Account
from hub.store.database import Transaction
from hub.tokens import Identity


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


class DemoReview(Struct, frozen=True):
    """A review of the demo content; its stars are its author's rating."""

    channel: str
    author: str
    hours_ago: float
    title: str
    comment: str
    stars: int
    visited_on: date


class DemoRating(Struct, frozen=True):
    """Stars without a review."""

    channel: str
    author: str
    hours_ago: float
    stars: int


class DemoContent(Struct, frozen=True):
    """The file `hub/data/demo.json`."""

    people: list[DemoPerson]
    posts: list[DemoPost]
    reviews: list[DemoReview]
    ratings: list[DemoRating]


def demo_content() -> DemoContent:
    """The demo people and what they wrote."""
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
    """Add the demo people, and of what they wrote and rated what is missing; a rating that there is stays."""
    content = demo_content()
    people = {person.username: _identity(_account(tx, person, logins)) for person in content.people}
    this_moment = tx.now
    entries: list[DemoPost | DemoReview | DemoRating] = [*content.posts, *content.reviews, *content.ratings]
    for one in sorted(entries, key=lambda one: -one.hours_ago):
        tx.now = rfc3339(datetime.now(UTC) - timedelta(hours=one.hours_ago))
        author = people[one.author]
        if isinstance(one, DemoPost):
            _add_post(tx, author, one)
        elif isinstance(one, DemoReview):
            _add_review(tx, author, one)
        else:
            _add_rating(tx, author, one)
    tx.now = this_moment


def _add_post(tx: Transaction, author: Identity, post: DemoPost) -> None:
    new = PostInput(post.title, post.comment, post.content, client_id=_client_id(post.channel, post.title))
    if not posts.was_created(tx, author.user_id, new.client_id):
        posts.create(tx, author, post.channel, new)


def _add_review(tx: Transaction, author: Identity, review: DemoReview) -> None:
    client_id = _client_id("review", review.channel, review.title)
    if reviews.was_created(tx, author.user_id, client_id):
        return
    own = ratings.stars_of(tx, author.user_id, channels.find(tx, review.channel))
    new = ReviewInput(
        review.title,
        review.comment,
        {},
        stars=own or review.stars,
        visited_on=review.visited_on,
        client_id=client_id,
    )
    reviews.create(tx, author, review.channel, new)


def _add_rating(tx: Transaction, author: Identity, rating: DemoRating) -> None:
    channel = channels.find(tx, rating.channel)
    if ratings.stars_of(tx, author.user_id, channel) is None:
        reviews.rate(tx, author.user_id, channel, rating.stars)


def _account(tx: Transaction, person: DemoPerson, logins: dict[str, str]) -> Account:
    known = accounts.by_username(tx, person.username)
    if known is not None:
        return known
    hashed = new_password_hash(person.username, logins[person.username])
    return accounts.register(tx, person.username, person.name, hashed, person.role, vetted=True)


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
