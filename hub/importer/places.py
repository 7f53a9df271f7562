"""The channels of the Flask site as channels of the hub: those that it has by name, the others made as topics."""

from hub import seeding
from hub.importer.fitting import channel_key, clean, slug_for
from hub.importer.old_site import OldSite, Record
from hub.importer.report import Report
from hub.model import ChannelInput
from hub.store import channels, imports
from hub.store.database import Transaction
from hub.store.log import ChannelRef

FALLBACK_GROUP = "From the earlier site"


def move_channels(tx: Transaction, site: OldSite, report: Report) -> dict[str, ChannelRef]:
    """Find or make the hub's channel for each of the site's; returns it by the id there."""
    if not channels.every(tx):
        seeding.add_channels(tx)
    here = _by_name(tx)
    groups = {group.number: clean(group.text("name")) for group in site.tables["groups"]}
    found = {}
    for old in site.tables["channels"]:
        channel = _move(tx, old, here, groups, report)
        if channel is not None:
            found[old.number] = channel
    report.table("groups").known += len(groups)
    return found


def _move(
    tx: Transaction, old: Record, here: dict[str, ChannelRef], groups: dict[str, str], report: Report
) -> ChannelRef | None:
    table = report.table("channels")
    name = clean(old.text("name"))
    if not name:
        table.skip("no name", old.label)
        return None
    source = f"channels {old.number} {name}"
    earlier = imports.find(tx, source)
    channel = _with_id(here, earlier) if earlier is not None else here.get(channel_key(name))
    if earlier is not None and channel is None:
        table.skip("removed here since it was moved in", old.label)
        return None
    if channel is None:
        channel = _make(tx, name, old, groups)
        here[channel_key(name)] = channel
        table.taken += 1
        report.note("new channels", channel.slug)
    else:
        table.known += 1
    if earlier is None:
        imports.remember(tx, source, channel.id)
    return channel


def _make(tx: Transaction, name: str, old: Record, groups: dict[str, str]) -> ChannelRef:
    group = groups.get(old.reference("group_id"), "")[:80] or FALLBACK_GROUP
    slug = slug_for(name, old.number)
    taken = {channel.slug for channel in channels.every(tx)}
    if slug in taken:
        slug = next(one for n in range(2, len(taken) + 3) if (one := f"{slug[:70]}-{n}") not in taken)
    channels.create(tx, ChannelInput(slug, name[:120], group))
    return channels.find(tx, slug)


def _by_name(tx: Transaction) -> dict[str, ChannelRef]:
    found: dict[str, ChannelRef] = {}
    for channel in channels.every(tx):
        ref = channels.find(tx, channel.slug)
        full_name = "" if channel.park is None else channel.park.full_name
        for name in (channel.name, channel.slug, full_name):
            if channel_key(name):
                found.setdefault(channel_key(name), ref)
    return found


def _with_id(here: dict[str, ChannelRef], channel_id: int) -> ChannelRef | None:
    return next((channel for channel in here.values() if channel.id == channel_id), None)
