"""The history page with FastAPI and SQLAlchemy (async, aiosqlite) on uvicorn, from the hub's own database file.

Usage: python fastapi_app.py PORT DATABASE_FILE
"""

import sys
from collections.abc import AsyncIterator
from typing import Annotated, Any

import uvicorn
from fastapi import Depends, FastAPI, Header, HTTPException, Response
from pydantic import BaseModel
from sqlalchemy import ForeignKey, event, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, joinedload, mapped_column, relationship
from sqlalchemy.types import JSON


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str]
    name: Mapped[str]


class Channel(Base):
    __tablename__ = "channels"
    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str]
    seq: Mapped[int]
    epoch: Mapped[str]
    stars_1: Mapped[int]
    stars_2: Mapped[int]
    stars_3: Mapped[int]
    stars_4: Mapped[int]
    stars_5: Mapped[int]


class Post(Base):
    __tablename__ = "posts"
    id: Mapped[int] = mapped_column(primary_key=True)
    channel_id: Mapped[int] = mapped_column(ForeignKey("channels.id"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    title: Mapped[str]
    comment: Mapped[str]
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    client_id: Mapped[str | None]
    created_at: Mapped[str]
    updated_at: Mapped[str]
    deleted_at: Mapped[str | None]
    author: Mapped[User | None] = relationship()


class AuthorOut(BaseModel):
    username: str
    name: str


class PostOut(BaseModel):
    id: int
    channel: str
    author: AuthorOut
    title: str
    comment: str
    content: dict[str, Any]
    client_id: str | None
    created_at: str
    updated_at: str


class RatingOut(BaseModel):
    average: float | None
    count: int
    histogram: dict[str, int]


class Page(BaseModel):
    items: list[PostOut]
    next: str | None


class HistoryOut(BaseModel):
    channel: str
    seq: int
    epoch: str
    posts: Page
    rating: RatingOut


engine = create_async_engine(f"sqlite+aiosqlite:///{sys.argv[2] if len(sys.argv) > 2 else ':memory:'}")
sessions = async_sessionmaker(engine, expire_on_commit=False)
app = FastAPI()


@event.listens_for(engine.sync_engine, "connect")
def read_only(connection: Any, _: object) -> None:
    connection.execute("PRAGMA query_only=ON")


async def session() -> AsyncIterator[AsyncSession]:
    async with sessions() as opened:
        yield opened


@app.get("/api/channels/{slug}/history", response_model=HistoryOut)
async def history(
    slug: str,
    response: Response,
    db: Annotated[AsyncSession, Depends(session)],
    limit: int = 50,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Any:
    channel = await db.scalar(select(Channel).where(Channel.slug == slug))
    if channel is None:
        raise HTTPException(404)
    etag = f'"{channel.epoch}:{channel.seq}"'
    if if_none_match == etag:
        return Response(status_code=304, headers={"ETag": etag})
    response.headers["ETag"] = etag
    rows = await db.scalars(
        select(Post)
        .options(joinedload(Post.author))
        .where(Post.channel_id == channel.id, Post.deleted_at.is_(None))
        .order_by(Post.id.desc())
        .limit(limit)
    )
    stars = [getattr(channel, f"stars_{n}") for n in range(1, 6)]
    count = sum(stars)
    total = sum(n * given for n, given in enumerate(stars, 1))
    return HistoryOut(
        channel=slug,
        seq=channel.seq,
        epoch=channel.epoch,
        posts=Page(items=[_post(post, slug) for post in rows], next=None),
        rating=RatingOut(
            average=total / count if count else None,
            count=count,
            histogram={str(n): given for n, given in enumerate(stars, 1)},
        ),
    )


def _post(post: Post, slug: str) -> PostOut:
    assert post.author is not None
    return PostOut(
        id=post.id,
        channel=slug,
        author=AuthorOut(username=post.author.username, name=post.author.name),
        title=post.title,
        comment=post.comment,
        content=post.content,
        client_id=post.client_id,
        created_at=post.created_at,
        updated_at=post.updated_at,
    )


if __name__ == "__main__":
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=int(sys.argv[1]),
        loop="uvloop",
        http="httptools",
        log_level="warning",
        access_log=False,
        backlog=4096,
    )
