"""The key with which a browser locks what a member has written and not sent, while they are logged out there."""

import base64
import hashlib
import hmac

from msgspec import Struct
from quart import Blueprint, Response
from quart_schema import document_response, tag_blueprint

from hub.handlers.context import member, services
from hub.handlers.json import answer

sealing = Blueprint("sealing", __name__, url_prefix="/api/me")
tag_blueprint(sealing, ["accounts"])


class SealKeys(Struct, frozen=True):
    """Keys for AES-256, in Base64: the first locks; any may open what was locked before a secret was changed."""

    keys: list[str]


@sealing.get("/seal")
@document_response(SealKeys, 200)
async def keys() -> Response:
    """The keys with which this browser locks your drafts when you log out; nobody else is given them."""
    who = member()
    secrets = services().settings.secret_keys
    response = answer(SealKeys([_key(secret, who.user_id, who.username) for secret in secrets]))
    response.headers["Cache-Control"] = "no-store"
    return response


def _key(secret: str, user_id: int, username: str) -> str:
    """One for each member and secret; neither the secret nor another member's key follows from it (RFC 2104)."""
    of = f"frostbyte drafts {user_id} {username}".encode()
    return base64.b64encode(hmac.digest(secret.encode(), of, hashlib.sha256)).decode()
