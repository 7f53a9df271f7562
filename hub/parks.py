"""The catalogue: 63 parks (facts of the U.S. National Park Service, public domain) and eight topics, as channels."""

from functools import cache
from importlib.resources import files
from typing import Literal

import msgspec
from msgspec import Struct

Biome = Literal["tundra", "forest", "desert", "aquatic", "mountain", "canyon", "cave", "grassland", "city"]


class Park(Struct, frozen=True):
    """A park; latitude and longitude in degrees, WGS 84; activities and topics are the service's own terms."""

    code: str
    slug: str
    name: str
    full_name: str
    designation: str
    states: list[str]
    latitude: float
    longitude: float
    activities: list[str]
    topics: list[str]


class CatalogueChannel(Struct, frozen=True):
    """A channel that every hub has."""

    slug: str
    name: str
    group: str
    kind: Literal["park", "topic"]
    park: Park | None
    description: str


class _File(Struct):
    parks: list[Park]


TOPICS = (
    ("announcements", "Announcements", "News", "What is new in the hub and in the parks."),
    ("events", "Events", "News", "Ranger walks, star parties, volunteer days: what is on, and when."),
    ("faq", "FAQ", "Help", "Questions that come up again and again, with answers."),
    ("help-desk", "Help Desk", "Help", "Stuck with a permit, a route or this site? Ask here."),
    ("tundra", "Tundra", "Biomes", "Camping above the tree line: wind, permafrost and long light."),
    ("forest", "Forest", "Biomes", "Camping among trees: bears, rain and campfires."),
    ("aquatic", "Aquatic", "Biomes", "Camping by water: tides, boats and reefs."),
    ("desert", "Desert", "Biomes", "Camping where it is dry: heat, flash floods and stars."),
)

REGIONS = {
    "Alaska": {"AK"},
    "Pacific and islands": {"AS", "HI", "VI"},
    "West Coast": {"CA", "OR", "WA"},
    "Southwest": {"AZ", "NM", "NV", "TX", "UT"},
    "Rockies and Plains": {"CO", "ID", "MT", "ND", "SD", "WY"},
    "Midwest": {"AR", "IN", "MI", "MN", "MO", "OH"},
    "East and South": {"FL", "KY", "ME", "NC", "SC", "TN", "VA", "WV"},
}

BIOMES: dict[Biome, tuple[str, ...]] = {
    "tundra": (
        "denali",
        "gates-of-the-arctic",
        "kobuk-valley",
        "katmai",
        "lake-clark",
        "wrangell-st-elias",
    ),
    "forest": (
        "redwood",
        "olympic",
        "great-smoky-mountains",
        "shenandoah",
        "congaree",
        "sequoia-kings-canyon",
        "cuyahoga-valley",
        "new-river-gorge",
        "hot-springs",
        "isle-royale",
        "voyageurs",
    ),
    "desert": (
        "death-valley",
        "joshua-tree",
        "saguaro",
        "white-sands",
        "great-sand-dunes",
        "big-bend",
        "petrified-forest",
        "great-basin",
        "guadalupe-mountains",
        "arches",
    ),
    "aquatic": (
        "buck-island-reef",
        "virgin-islands",
        "biscayne",
        "dry-tortugas",
        "everglades",
        "channel-islands",
        "national-park-of-american-samoa",
        "glacier-bay",
        "kenai-fjords",
        "acadia",
        "indiana-dunes",
    ),
    "mountain": (
        "mount-rainier",
        "rocky-mountain",
        "glacier",
        "grand-teton",
        "north-cascades",
        "lassen-volcanic",
        "crater-lake",
        "yosemite",
        "yellowstone",
        "haleakala",
        "hawaii-volcanoes",
    ),
    "canyon": (
        "grand-canyon",
        "zion",
        "bryce-canyon",
        "canyonlands",
        "capitol-reef",
        "black-canyon-of-the-gunnison",
        "mesa-verde",
        "pinnacles",
    ),
    "cave": (
        "carlsbad-caverns",
        "mammoth-cave",
        "wind-cave",
    ),
    "grassland": (
        "badlands",
        "theodore-roosevelt",
    ),
    "city": ("gateway-arch",),
}


@cache
def all_parks() -> tuple[Park, ...]:
    """The parks, by name."""
    data = (files("hub") / "data" / "parks.json").read_bytes()
    return tuple(sorted(msgspec.json.decode(data, type=_File).parks, key=lambda park: park.name))


def park(slug: str) -> Park:
    """The park called `slug`. Raises KeyError."""
    return _by_slug()[slug]


def region(which: Park) -> str:
    """The region that the park's first state lies in."""
    return next(name for name, states in REGIONS.items() if which.states[0] in states)


def biome(which: Park) -> Biome:
    """The landscape that a camper plans for in the park. Raises StopIteration for a park without one."""
    return next(name for name, slugs in BIOMES.items() if which.slug in slugs)


@cache
def channel_catalogue() -> tuple[CatalogueChannel, ...]:
    """All channels that every hub has: the parks by region, then the topics."""
    order = list(REGIONS)
    parks = sorted(all_parks(), key=lambda one: (order.index(region(one)), one.name))
    return (
        *(CatalogueChannel(one.slug, one.name, region(one), "park", one, _describe(one)) for one in parks),
        *(CatalogueChannel(slug, name, group, "topic", None, text) for slug, name, group, text in TOPICS),
    )


def _describe(which: Park) -> str:
    return f"{which.full_name}, {' and '.join(which.states)}"


@cache
def _by_slug() -> dict[str, Park]:
    return {one.slug: one for one in all_parks()}
