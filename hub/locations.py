"""Live locations: what a member shares, and what others see of it."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from hub.errors import FieldError, InvalidInput
from hub.model import Input
from hub.validation import field_errors

SHORTEST_SECONDS = 15 * 60
LONGEST_SECONDS = 8 * 3600
USUAL_SECONDS = 3600

Precision = Literal["exact", "area"]
Latitude = Annotated[float, Meta(ge=-90, le=90, description="Degrees north.")]
Longitude = Annotated[float, Meta(ge=-180, le=180, description="Degrees east.")]
Seconds = Annotated[int, Meta(ge=SHORTEST_SECONDS, le=LONGEST_SECONDS, description="How long others see it.")]


class LocationInput(Input, frozen=True):
    """Where a member is. An `area` (what it is unless asked otherwise) is a cell of 5 km before anything is stored."""

    latitude: Latitude
    longitude: Longitude
    precision: Precision = "area"
    expires_in: Annotated[
        Seconds | None, Meta(description="Left out, what is shared ends when it was to end, or in an hour.")
    ] = None

    @property
    def spot(self) -> tuple[float, float]:
        """What is stored and sent of an exact position, to a tenth of a metre; never of an area."""
        return round(self.latitude, 6), round(self.longitude, 6)


class Location(Struct, frozen=True):
    """Where a member is at the moment; there is only ever the newest."""

    id: int
    username: str
    latitude: Latitude
    longitude: Longitude
    precision: Precision
    updated_at: str
    expires_at: str


class LocationPage(Struct, frozen=True):
    """The live locations of a channel, all of them."""

    items: list[Location]
    next: None = None


def location_of(latitude: float, longitude: float, precision: str, expires_in: int | None) -> LocationInput:
    """The fields of a `location.set` frame, checked. Raises InvalidInput, which says what is wrong."""
    given = {"latitude": latitude, "longitude": longitude, "precision": precision, "expires_in": expires_in}
    try:
        return msgspec.convert(given, LocationInput)
    except msgspec.ValidationError as error:
        wrong: FieldError = field_errors(error).fields[0]
        raise InvalidInput(f"{wrong.field}: {wrong.message}", fields=[wrong]) from None
