"""`hub import-frostbyte`: what the Flask site had is here, once, and what could not be taken is told."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from werkzeug.security import generate_password_hash

from tests.clients import PASSWORD, Api, ChannelClient, ChannelState
from tests.conftest import NewApi, StartHub
from tests.services import HubProcess
from tests.services.flask_site import FlaskSite

OLD = "123Toby!"
CHEAP = generate_password_hash(OLD, "pbkdf2:sha256:1000")


@pytest.fixture
def site(tmp_path: Path) -> FlaskSite:
    """Three members, four channels and one post."""
    site = FlaskSite(tmp_path / "volumes user_management.db")
    site.add(
        "frostbytes",
        (1, "Thomas Edison", "toby", CHEAP, "Admin"),
        (2, "Grace Hopper", "hop", generate_password_hash(OLD, "scrypt:1024:8:1"), "Moderator"),
        (3, "Nikola", "niko", CHEAP, "User"),
    )
    site.add("groups", (1, "National Parks"), (2, "Travel"))
    site.add("channels", (1, "Denali", 1), (2, "Buck Reef", 1), (3, "Chosen Park", 2), (4, "Help Desk", 2))
    site.add("posts", (1, "Snow", "Fresh snow at the pass.", '{"trail": "Rim"}', 1, 1))
    return site


def move(hub: HubProcess, site: FlaskSite, *options: str) -> str:
    return hub.run("import-frostbyte", str(site.path), *options).stdout


def rows(hub: HubProcess) -> dict[str, list[Any]]:
    """Everything in the hub's database but the counters of ids."""
    with sqlite3.connect(hub.database_path) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        found = {name: connection.execute(f"SELECT * FROM {name}").fetchall() for name in names if name[:6] != "sqlite"}
    connection.close()
    return found


def password_hash(hub: HubProcess, username: str) -> str:
    with sqlite3.connect(hub.database_path) as connection:
        row = connection.execute("SELECT password_hash FROM users WHERE username = ?", (username,)).fetchone()
    connection.close()
    return str(row[0])


@pytest.mark.parametrize(("username", "role"), [("toby", "admin"), ("hop", "moderator"), ("niko", "visitor")])
async def test_who_moved_in_logs_in_as_before_and_is_hashed_anew(
    start_hub: StartHub, new_api: NewApi, site: FlaskSite, username: str, role: str
) -> None:
    hub = start_hub(start=False)
    move(hub, site)
    hub.start()
    api = new_api(hub.base_url)
    wrong = await api.request("POST", "/api/auth/login", json={"username": username, "password": "123toby!"})
    assert wrong.status_code == 401 and not password_hash(hub, username).startswith("$argon2id$")
    assert (await api.login(username, OLD))["user"]["role"] == role
    assert password_hash(hub, username).startswith("$argon2id$")
    assert (await api.login(username, OLD))["user"]["username"] == username
    assert "pbkdf2" not in hub.log and "scrypt" not in hub.log


async def test_posts_are_in_the_channels_they_were_in(start_hub: StartHub, new_api: NewApi, site: FlaskSite) -> None:
    site.add("posts", (2, "Reef", "Fish!", None, 2, 2), (3, "Mine", "I chose.", "{}", 3, 3))
    site.add("camping_posts", (1, "Tent", "Dry.", 3, 1))
    hub = start_hub(start=False)
    report = move(hub, site)
    hub.start()
    api = new_api(hub.base_url)
    denali, reef, chosen = [await api.all_posts(one) for one in ("denali", "buck-island-reef", "chosen-park")]
    tent, snow = denali[:2]
    assert (snow["title"], snow["comment"], snow["content"]) == ("Snow", "Fresh snow at the pass.", {"trail": "Rim"})
    assert snow["author"] == {"username": "toby", "name": "Thomas Edison", "role": "admin"}
    assert (tent["title"], tent["author"]["username"]) == ("Tent", "niko")
    assert ([post["title"] for post in reef[:1]], [post["title"] for post in chosen]) == (["Reef"], ["Mine"])
    made = await api.call("GET", "/api/channels/chosen-park")
    assert (made["name"], made["group"], made["kind"], made["stats"]["posts"]) == ("Chosen Park", "Travel", "topic", 1)
    assert "posts                  3 rows: 3 taken, 0 here already, 0 skipped" in report
    assert "new channels: chosen-park" in report


def test_moving_in_again_changes_nothing(start_hub: StartHub, site: FlaskSite) -> None:
    site.add("ratings", (1, 4, 1, 1, "2024-05-05 10:00:00"), (2, 2, 1, 1, "2024-05-06 10:00:00"))
    site.add("analytics", (1, 2, 3, 5))
    site.add("reviews", (1, "Good", "Very.", 3, 2, 1, "2024-06-01 10:00:00"))
    hub = start_hub(start=False)
    move(hub, site)
    before = rows(hub)
    again = move(hub, site)
    assert rows(hub) == before
    assert "0 rows were taken." in again
    assert "ratings                2 rows: 0 taken, 2 here already, 0 skipped" in again


def test_a_newer_copy_of_the_site_brings_only_what_is_new(start_hub: StartHub, site: FlaskSite) -> None:
    hub = start_hub(start=False)
    move(hub, site)
    site.add("frostbytes", (4, "New", "newbie", CHEAP, "User"))
    site.add("posts", (2, "Second", "Text", None, 4, 1))
    assert "2 rows were taken." in move(hub, site)


def test_a_dry_run_tells_the_same_and_changes_nothing(start_hub: StartHub, site: FlaskSite) -> None:
    hub = start_hub(start=False)
    before = rows(hub)
    tried = move(hub, site, "--dry-run").splitlines()
    assert rows(hub) == before
    assert tried[-1] == "Nothing was changed: this was a dry run."
    assert tried[:-1] == move(hub, site).splitlines()[:-1]


async def test_an_account_is_never_given_to_somebody_else(
    start_hub: StartHub, new_api: NewApi, site: FlaskSite
) -> None:
    site.add("frostbytes", (4, "Toby 2", "TOBY", CHEAP, "User"))
    hub = start_hub()
    native = new_api(hub.base_url)
    await native.register("Toby")
    report = move(hub, site)
    assert "theirs is somebody else's here: toby → toby-2, TOBY → TOBY-3" in report
    assert (await native.login("toby", PASSWORD))["user"]["role"] == "visitor"
    post = (await native.all_posts("denali"))[0]
    assert post["author"]["username"] == "toby-2"
    assert (await native.request("DELETE", f"/api/posts/{post['id']}")).status_code == 403
    assert (await native.login("toby-2", OLD))["user"]["role"] == "admin"


def test_people_without_a_password_that_works_are_named(start_hub: StartHub, site: FlaskSite) -> None:
    site.add(
        "frostbytes",
        (4, None, "plain", "123Toby!", None),
        (5, "", "nothing", None, "User"),
        (6, "Dear", "dear", "pbkdf2:sha256:9999999$salt$" + "0" * 64, "User"),
        (7, "Nobody", None, CHEAP, "Admin"),
        (8, "Snow", "雪", CHEAP, "User"),
    )
    hub = start_hub(start=False)
    report = move(hub, site)
    assert "no password that works here (set one: hub user reset-password NAME): plain, nothing, dear" in report
    assert "skipped 2: no username that can be kept (frostbytes 7, frostbytes 8)" in report
    assert "have rights here, look whether they should: toby (admin), hop (moderator)" in report
    assert "123Toby!" not in str(rows(hub)) and "123Toby!" not in report


async def test_what_does_not_fit_is_cut_or_skipped_and_told(
    start_hub: StartHub, new_api: NewApi, site: FlaskSite
) -> None:
    site.add(
        "posts",
        (2, "t" * 300, "c" * 5000, "not json", 1, 1),
        (3, "Orphan", "Of nobody.", None, 99, 1),
        (4, "Lost", "In no channel.", None, 1, 99),
        (5, None, "  ", None, 1, 1),
        (6, None, "First line\nand more", "[1]", None, 1),
        (7, "Bell\x07", "\x00\x1b", None, 1, "1"),
    )
    hub = start_hub(start=False)
    report = move(hub, site)
    hub.start()
    api = new_api(hub.base_url)
    posts = {post["title"]: post for post in await api.all_posts("denali")}
    assert len(posts["t" * 254 + "…"]["comment"]) == 4000 and posts["t" * 254 + "…"]["content"] == {"text": "not json"}
    assert posts["Orphan"]["author"] == {"username": None, "name": "former member"}
    assert posts["First line"]["content"] == {"value": [1]}
    assert posts["Bell"]["comment"] == "Bell"
    for line in (
        "posts                  7 rows: 5 taken, 0 here already, 2 skipped",
        "skipped 1: its channel is not there (posts 4)",
        "skipped 1: nothing is written in it (posts 5)",
        "title cut to 255 characters: posts 2",
        "text cut to 4,000 characters: posts 2",
        "by a former member: posts 3, posts 6",
        "content was not JSON: kept as text: posts 2",
    ):
        assert line in report


async def test_the_newest_stars_of_a_member_count_and_the_summary_is_exact(
    start_hub: StartHub, new_api: NewApi, site: FlaskSite
) -> None:
    site.add(
        "ratings",
        (1, 1, 1, 3, "2024-05-05 10:00:00"),
        (2, 5, 1, 3, "2024-07-05 10:00:00"),
        (3, 3, 1, 3, "2024-06-05 10:00:00"),
        (4, 4, 2, 3, None),
        (5, 9, 3, 3, None),
        (6, 4, 99, 3, None),
        (7, 4, 1, 99, None),
    )
    site.add("analytics", (1, 3, 2, 1), (2, 3, 3, 2))
    site.add(
        "reviews",
        (1, "Reef", "Clear water.", 1, 1, 3, "2024-05-01 08:00:00"),
        (2, "Orphan", "Who?", 5, 99, 3, None),
        (3, "No stars", "Fine.", None, 3, 3, None),
    )
    hub = start_hub(start=False)
    report = move(hub, site)
    hub.start()
    api = new_api(hub.base_url)
    rating = await api.call("GET", "/api/channels/chosen-park/rating")
    assert rating["histogram"] == {"1": 0, "2": 1, "3": 0, "4": 1, "5": 1}
    entries = await api.call("GET", "/api/analytics", params={"channel": "chosen-park"})
    found = {entry["username"]: (entry["stars"], entry["updated_at"][:10]) for entry in entries["items"]}
    assert found["toby"] == (5, "2024-07-05") and found["hop"][0] == 4 and found["niko"][0] == 2
    reviews = (await api.call("GET", "/api/channels/chosen-park/reviews"))["items"]
    assert {review["title"]: review["stars"] for review in reviews} == {"Reef": 5, "Orphan": None, "No stars": None}
    assert [one["created_at"] for one in reviews if one["title"] == "Reef"] == ["2024-05-01T08:00:00.000000Z"]
    assert "ratings                7 rows: 2 taken, 0 here already, 5 skipped" in report
    assert "analytics              2 rows: 1 taken, 0 here already, 1 skipped" in report
    assert "reviews 1 (1 → 5), reviews 2 (5 → None)" in report
    summary = await api.call("GET", "/api/analytics/summary")
    reef = next(one for one in summary["items"] if one["channel"] == "chosen-park")
    assert (reef["ratings"], reef["reviews"]) == (3, 3)


async def test_stars_and_text_that_members_changed_here_stay(
    start_hub: StartHub, new_api: NewApi, site: FlaskSite
) -> None:
    site.add("ratings", (1, 1, 3, 3, "2024-05-05 10:00:00"))
    hub = start_hub()
    move(hub, site)
    niko = new_api(hub.base_url)
    await niko.login("niko", OLD)
    await niko.call("DELETE", "/api/channels/chosen-park/rating")
    toby = new_api(hub.base_url)
    await toby.login("toby", OLD)
    await toby.delete_post((await toby.all_posts("denali"))[0]["id"])
    assert "0 rows were taken." in move(hub, site)
    assert (await niko.call("GET", "/api/channels/chosen-park/rating"))["count"] == 0
    assert "Snow" not in [post["title"] for post in await niko.all_posts("denali")]


async def test_quiz_results_name_the_same_park_and_the_newest_is_the_latest(
    start_hub: StartHub, new_api: NewApi, site: FlaskSite
) -> None:
    site.add(
        "quiz_results",
        (1, 3, "Grand Canyon National Park", "2024-08-05 10:00:00"),
        (2, 3, "Denali", "2024-05-05 10:00:00"),
        (3, 1, "Buck Reef National Park", None),
        (4, 2, "Redwood National and State Parks", "2024-05-05 10:00:00"),
        (5, 1, "Disneyland", None),
        (6, 99, "Denali", None),
    )
    hub = start_hub(start=False)
    report = move(hub, site)
    assert "quiz_results           6 rows: 4 taken, 0 here already, 2 skipped" in report
    hub.start()
    for username, park in (("niko", "grand-canyon"), ("toby", "buck-island-reef"), ("hop", "redwood")):
        api = new_api(hub.base_url)
        await api.login(username, OLD)
        assert (await api.call("GET", "/api/quiz"))["park"]["slug"] == park
    assert "0 rows were taken." in move(hub, site)


async def test_who_left_does_not_come_back(start_hub: StartHub, new_api: NewApi, site: FlaskSite) -> None:
    hub = start_hub()
    move(hub, site)
    toby = new_api(hub.base_url)
    await toby.login("toby", OLD)
    await toby.call("DELETE", "/api/auth/me", json={"password": OLD})
    site.add("posts", (2, "Later", "Text", None, 1, 1))
    report = move(hub, site)
    assert "left since they moved in: frostbytes 1" in report
    later = (await toby.all_posts("denali"))[0]
    assert (later["title"], later["author"]["name"]) == ("Later", "former member")
    assert "toby" not in str(rows(hub)).lower()


async def test_who_is_on_a_page_sees_what_has_moved_in(start_hub: StartHub, new_api: NewApi, site: FlaskSite) -> None:
    hub = start_hub()
    api = new_api(hub.base_url)
    first = await api.history("denali")
    async with ChannelClient(hub.ws_url, "denali", history=first) as watcher:
        move(hub, site)
        await watcher.wait_for(lambda: watcher.resyncs)
        fresh = await api.history("denali")
        assert fresh["posts"]["items"][0]["title"] == "Snow" and fresh["epoch"] != first["epoch"]
    async with ChannelClient(hub.ws_url, "denali", history=fresh) as again:
        assert again.welcome["recovered"]
        niko = new_api(hub.base_url)
        await niko.login("niko", OLD)
        await niko.post("denali", title="After the move")
        newest = await api.history("denali")
        await again.wait_for_seq(newest["seq"])
        again.state.presence = None
        assert again.state == ChannelState.from_history(newest) and not again.gaps


def test_tables_without_use_are_counted_and_named(start_hub: StartHub, site: FlaskSite) -> None:
    site.add("votes", (1, "upvote", 1, 1), (2, "upvote", 2, 1))
    site.add("locations", (1, 1, 1, 63.1, -151.2, "2024-05-05 10:00:00"))
    site.add("ai_messages", (1, "Hi", "2024-05-05 10:00:00", "AI", "response"))
    site.run('CREATE TABLE "odd ""name" (x)')
    report = move(start_hub(start=False), site)
    assert 'the hub has no use for (rows): odd "name (0), votes (2)' in report
    assert "locations              1 rows: 0 taken, 0 here already, 1 skipped" in report
    assert "ai_messages            1 rows: 0 taken, 0 here already, 1 skipped" in report
    assert "not in the file: camping_posts, reviews, ratings, analytics, quiz_results" in report


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.write_bytes(b"not a database at all" * 100),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
        lambda path: path.unlink(),
        lambda path: (path.unlink(), sqlite3.connect(path).execute("CREATE TABLE other (x)")),
    ],
    ids=["another file", "empty", "half of it", "none", "another database"],
)
def test_a_file_that_is_not_the_sites_changes_nothing(
    start_hub: StartHub, site: FlaskSite, spoil: Callable[[Path], object]
) -> None:
    hub = start_hub(start=False)
    before = rows(hub)
    spoil(site.path)
    done = hub.try_run("import-frostbyte", str(site.path))
    assert done.returncode == 1 and done.stderr.startswith("Error: ") and done.stderr.count("\n") == 1
    assert rows(hub) == before


def test_a_file_with_one_table_is_enough(start_hub: StartHub, tmp_path: Path) -> None:
    site = FlaskSite(tmp_path / "old.db")
    site.run("CREATE TABLE frostbytes (_UID TEXT, _Password TEXT)")
    site.run(f"INSERT INTO frostbytes VALUES ('lone', '{CHEAP}'), ('lone', '{CHEAP}')")
    report = move(start_hub(start=False), site)
    assert "frostbytes             2 rows: 2 taken, 0 here already, 0 skipped" in report
    assert "lone → lone-2" in report


async def test_a_hub_without_channels_gets_them_first(
    start_hub: StartHub, new_api: NewApi, site: FlaskSite, tmp_path: Path
) -> None:
    hub = start_hub(database_url=f"sqlite:///{tmp_path / 'new.db'}", start=False)
    move(hub, site)
    hub.start()
    api: Api = new_api(hub.base_url)
    assert (await api.call("GET", "/api/channels/denali"))["park"]["code"] == "dena"
    assert [post["title"] for post in await api.all_posts("denali")] == ["Snow"]
