"""The commands: thin, every one a few lines over the parts that do the work."""

import asyncio
import os
import sys
from collections.abc import Callable
from typing import TypeVar

import click

from hub.config import ConfigError, Settings, load_settings, sqlite_path
from hub.logs import configure_logs
from hub.store.database import Transaction
from hub.store.sqlite import SqliteDatabase

T = TypeVar("T")


@click.group()
@click.version_option(package_name="frostbyte-hub", prog_name="hub")
def main() -> None:
    """Frostbyte Hub: a realtime websocket community hub for national parks."""


def settings_or_exit() -> Settings:
    """The settings, or one line on standard error and exit code 2."""
    try:
        settings = load_settings()
    except ConfigError as error:
        click.echo(f"hub: {error}", err=True)
        sys.exit(2)
    configure_logs(settings.env)
    return settings


def run_unit(settings: Settings, unit: Callable[[Transaction], T]) -> T:
    """Run one unit of work outside of a server, after bringing the schema up to date."""

    async def run() -> T:
        database = SqliteDatabase(sqlite_path(settings.database_url), lambda _: None)
        await database.migrate()
        await database.open()
        try:
            return await database.write(unit)
        finally:
            await database.close()

    return asyncio.run(run())


@main.command()
@click.option("--workers", type=int, help="Worker processes (HUB_WORKERS).")
@click.option("--bind", help="HOST:PORT to listen on (HUB_BIND).")
def serve(workers: int | None, bind: str | None) -> None:
    """Run the hub until SIGTERM; SIGHUP restarts the workers one after another."""
    from hub.supervisor import Supervisor

    if workers is not None:
        os.environ["HUB_WORKERS"] = str(workers)
    if bind is not None:
        os.environ["HUB_BIND"] = bind
    settings = settings_or_exit()
    run_unit(settings, lambda tx: None)
    try:
        supervisor = Supervisor(settings)
    except OSError as error:
        click.echo(f"hub: cannot listen on {settings.host}:{settings.port}: {error}", err=True)
        sys.exit(1)
    sys.exit(supervisor.run(lambda address: click.echo(f"Frostbyte Hub is at {address}")))


@main.command()
def migrate() -> None:
    """Bring the database's schema up to date; safe to repeat."""
    settings = settings_or_exit()
    run_unit(settings, lambda tx: None)
    click.echo("The schema is up to date.")


if __name__ == "__main__":
    main()
