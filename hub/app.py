"""The only place that wires the parts together."""

import secrets
from collections.abc import Sequence

from quart import Quart
from quart_schema import Info, QuartSchema

from hub import __version__
from hub.channels.broker import Broker
from hub.channels.hub import Hub
from hub.channels.memory import MemoryBroker
from hub.channels.redis import RedisBroker
from hub.config import Settings
from hub.devices import DeviceNotes
from hub.gemini import Gemini
from hub.handlers import problems, requests
from hub.handlers.analytics import analytics
from hub.handlers.auth import auth
from hub.handlers.channels import channels
from hub.handlers.chat import chat
from hub.handlers.context import Limits, Services, services_of
from hub.handlers.handbook import handbook
from hub.handlers.hashing import Hashing
from hub.handlers.locations import locations
from hub.handlers.moderation import moderation
from hub.handlers.openapi import Description
from hub.handlers.operations import operations
from hub.handlers.pages import pages
from hub.handlers.posts import posts
from hub.handlers.quiz import quiz
from hub.handlers.ratings import ratings
from hub.handlers.reviews import reviews
from hub.handlers.sealing import sealing
from hub.handlers.search import search
from hub.handlers.sockets import SocketGateway
from hub.handlers.uploads import FinishUploads
from hub.maintenance import Maintenance
from hub.ranger.community import Community
from hub.ranger.context import PromptLimits
from hub.ranger.model import RangerModel
from hub.ranger.offline import OfflineRanger
from hub.ranger.ranger import Ranger
from hub.ranger.rooms import TOPIC
from hub.ranger.socket import open_chat
from hub.ranger.stand_in import WithStandIn
from hub.store import accounts, identity, mutes
from hub.store.database import Announcement, Database
from hub.store.engines import database_at
from hub.store.locations import StoredLocations
from hub.store.log import StoredLog
from hub.store.told import Told
from hub.store.usage import ChatLimits
from hub.tokens import AccessTokens

BODY_LIMIT = 1024 * 1024
BLUEPRINTS = (
    auth,
    channels,
    handbook,
    posts,
    reviews,
    ratings,
    locations,
    analytics,
    moderation,
    sealing,
    search,
    quiz,
    chat,
    operations,
    pages,
)


def create_app(settings: Settings) -> Quart:
    """One worker's app; its parts start and end with it."""
    app = Quart("hub", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = BODY_LIMIT
    worker = f"{settings.worker_index}-{secrets.token_hex(4)}"
    told = Told(settings.database_url, settings.worker_index)

    def committed(announcements: Sequence[Announcement]) -> None:
        told.note(announcements)
        hub.committed(announcements)

    database = database_at(settings.database_url, committed, checkpoints=settings.worker_index == 0)
    tokens = AccessTokens(settings.secret_keys)
    broker: Broker = RedisBroker(settings.redis_url, worker) if settings.redis_url else MemoryBroker()
    hub = Hub(
        worker,
        StoredLog(database),
        StoredLocations(database),
        broker,
        tokens.read,
        lambda moment: database.read(lambda tx: accounts.sessions_ended_since(tx, moment)),
        limits=settings.limits,
        read_mutes=lambda: database.read(mutes.in_force),
    )
    ranger = _ranger(settings, database, hub)
    app.extensions["hub"] = Services(
        settings,
        database,
        hub,
        tokens,
        Limits(settings.limits),
        ranger,
        Hashing(settings.limits),
        DeviceNotes(settings.secret_keys),
    )
    _start_and_stop(app, database, told, tokens, hub, ranger, Maintenance(database, settings.worker_index))
    problems.register(app)
    requests.register(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    _describe(app)
    gateway = SocketGateway(FinishUploads(app.asgi_app), hub, settings)  # type: ignore[arg-type]
    gateway.route("/ws/chat/", lambda rest, address: open_chat(hub, ranger, rest, address))
    app.asgi_app = gateway  # type: ignore[method-assign,assignment]
    return app


def _ranger(settings: Settings, database: Database, hub: Hub) -> Ranger:
    model: RangerModel = OfflineRanger(Community(database).find)
    if settings.gemini_api_key:
        gemini = Gemini(
            settings.gemini_api_key, settings.gemini_model, settings.gemini_endpoint, settings.chat_thinking_tokens
        )
        model = WithStandIn(gemini, model, hub.clock)
    ranger = Ranger(
        database,
        hub.broker,
        model,
        PromptLimits(settings.chat_context_tokens, settings.chat_answer_tokens, settings.chat_temperature),
        ChatLimits(settings.chat_per_minute, settings.chat_per_day, settings.chat_all_per_day)
        if settings.limits
        else None,
        hub.clock,
    )
    hub.listen(TOPIC, ranger.rooms.receive, ranger.rooms.subscribed)
    return ranger


def _start_and_stop(
    app: Quart,
    database: Database,
    told: Told,
    tokens: AccessTokens,
    hub: Hub,
    ranger: Ranger,
    maintenance: Maintenance,
) -> None:
    @app.before_serving
    async def start() -> None:
        await database.open()
        await told.begin(database)
        tokens.hub = await database.read(identity.current)
        await hub.start(tokens.hub)
        ranger.start(hub.watch)
        maintenance.start(hub.watch)

    @app.after_serving
    async def stop() -> None:
        await maintenance.stop()
        await ranger.close()
        await hub.close()
        await database.close()
        told.end()
        services_of(app).hashing.close()


def _describe(app: Quart) -> None:
    QuartSchema(
        app,
        info=Info(
            title="Frostbyte Hub",
            version=__version__,
            description="REST for history and everything that is written; live events come over the websockets.",
        ),
        swagger_ui_path=None,
        redoc_ui_path=None,
        scalar_ui_path=None,
        conversion_preference="msgspec",
        openapi_provider_class=Description,
    )
