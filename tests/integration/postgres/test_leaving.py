"""New names, and ends of accounts and channels, on PostgreSQL."""

from tests.clients import Api, ChannelClient
from tests.clients.rest import PASSWORD
from tests.integration.test_leaving import (
    check_fresh,
    review,
    test_a_new_name_is_one_event_in_each_channel_where_the_member_has_written,
    test_of_several_new_names_a_replay_has_the_last,
)
from tests.services import HubProcess

__all__ = [
    "test_a_new_name_is_one_event_in_each_channel_where_the_member_has_written",
    "test_of_several_new_names_a_replay_has_the_last",
]


async def test_who_leaves_is_in_no_replay_and_a_deleted_channel_is_gone(
    hub: HubProcess, ada: Api, ben: Api, admin: Api, park: str
) -> None:
    start = await ben.history(park)
    liked = await review(ben, park)
    await ada.post(park, "Stays")
    await review(ada, park)
    await ada.call("PUT", f"/api/reviews/{liked['id']}/helpful")
    await ada.call("PUT", "/api/auth/me", json={"name": "Unrepeatable Lovelace"})
    async with ChannelClient(hub.ws_url, park, history=await ben.history(park)) as watcher:
        await ada.call("DELETE", "/api/auth/me", json={"password": PASSWORD}, expect=[204])
        await check_fresh(watcher, await ben.history(park))
    async with ChannelClient(hub.ws_url, park, history=start) as late:
        assert late.welcome["recovered"]
        await check_fresh(late, await ben.history(park))
        assert ada.user is not None
        assert "Unrepeatable" not in str(late.frames) and ada.user["username"] not in str(late.applied)
    await admin.call("DELETE", f"/api/channels/{park}", expect=[204])
    assert (await ben.request("GET", f"/api/channels/{park}/history")).status_code == 404
    await admin.call("POST", "/api/channels", json={"slug": park, "name": "A park", "group": "Tests"})
    assert (await ben.history(park))["posts"]["items"] == []
