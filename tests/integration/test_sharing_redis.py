"""Two hubs on one Redis, told apart by the number of the database in the URL."""

from tests.clients import ChannelClient
from tests.conftest import StartHub
from tests.services import RedisServer


async def test_hubs_with_other_database_numbers_know_nothing_of_each_other(
    start_hub: StartHub, redis: RedisServer
) -> None:
    ours = start_hub(workers=2, redis=redis)
    other_url = redis.url.rsplit("/", 1)[0] + "/1"
    theirs = start_hub(workers=2, redis=redis, settings={"HUB_REDIS_URL": other_url})
    async with ChannelClient(theirs.ws_url, "denali") as stranger, ChannelClient(ours.ws_url, "denali") as first:
        async with ChannelClient(ours.ws_url, "denali"):
            await first.wait_for(lambda: (first.state.presence or {}).get("count") == 2)
        await first.wait_for(lambda: (first.state.presence or {}).get("count") == 1)
        assert (stranger.state.presence or {}).get("count") == 1
