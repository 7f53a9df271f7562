"""The commands: thin, every one a few lines over the parts that do the work."""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click
import msgspec

from hub import __version__, encryption
from hub.backup import BackupError, backup
from hub.config import ConfigError, Settings, load_settings, sqlite_path
from hub.errors import HubError
from hub.logs import configure_logs
from hub.model import Registration, Role
from hub.passwords import new_password_hash
from hub.restore import restore
from hub.store import accounts, identity
from hub.store.database import Transaction
from hub.store.engines import database_at
from hub.validation import decode_input

T = TypeVar("T")


class Commands(click.Group):
    """Shows our own errors as one line."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except (HubError, BackupError) as error:
            raise click.ClickException(str(error)) from None


@click.group(cls=Commands)
@click.version_option(version=__version__, prog_name="hub")
def main() -> None:
    """Frostbyte Hub: a realtime websocket community hub for national parks."""
    # Whatever is written is for the hub's own user alone.
    os.umask(0o077)


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
        database = database_at(settings.database_url, lambda _: None)
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
    from hub import metrics
    from hub.open_files import raise_limit
    from hub.supervisor import Supervisor

    if workers is not None:
        os.environ["HUB_WORKERS"] = str(workers)
    if bind is not None:
        os.environ["HUB_BIND"] = bind
    settings = settings_or_exit()
    trouble = encryption.trouble(settings, *run_unit(settings, encryption.newest_log_ins))
    if trouble is not None:
        logging.getLogger("hub.start").warning("%s. %s", trouble, encryption.ADVICE)
    raise_limit()
    try:
        supervisor = Supervisor(settings)
    except OSError as error:
        click.echo(f"hub: cannot listen on {settings.host}:{settings.port}: {error}", err=True)
        sys.exit(1)
    with metrics.shared_directory():
        code = supervisor.run(lambda address: click.echo(f"Frostbyte Hub is at {address}"))
    sys.exit(code)


@main.command()
def migrate() -> None:
    """Bring the database's schema up to date; safe to repeat."""
    settings = settings_or_exit()
    run_unit(settings, lambda tx: None)
    click.echo("The schema is up to date.")


@main.command()
@click.option("--demo/--no-demo", default=None, help="Demo people and content (in development by default).")
def seed(demo: bool | None) -> None:
    """Add the channels of all parks and topics, and demo content; safe to repeat."""
    from hub import seeding

    settings = settings_or_exit()
    wants_demo = settings.env == "development" if demo is None else demo
    added = run_unit(settings, seeding.add_channels)
    click.echo(f"{added} channels added." if added else "The channels are there.")
    if wants_demo:
        folder = (
            sqlite_path(settings.database_url).parent if settings.database_url.startswith("sqlite") else Path("var")
        )
        logins = seeding.demo_logins(folder / "demo-logins.json")
        run_unit(settings, lambda tx: seeding.add_demo(tx, logins))
        click.echo("Demo logins (for development only):")
        for username, password in logins.items():
            click.echo(f"  {username:12} {password}")


@main.group()
def user() -> None:
    """Members: create one, change a role, set a password."""


@user.command("create")
@click.argument("username")
@click.option("--name", help="What others see; the username by default.")
@click.option("--role", type=click.Choice(["visitor", "moderator", "admin"]), default="visitor")
@click.password_option()
def user_create(username: str, name: str | None, role: Role, password: str) -> None:
    """Add a member."""
    new = checked(Registration, username=username, password=password, name=name)
    hashed = new_password_hash(new.username, new.password)
    run_unit(settings_or_exit(), lambda tx: accounts.create_by_operator(tx, new, hashed, role))
    click.echo(f"{username} is a {role} now.")


@user.command("role")
@click.argument("username")
@click.argument("role", type=click.Choice(["visitor", "moderator", "admin"]))
def user_role(username: str, role: Role) -> None:
    """Change a member's role; their sessions end."""
    run_unit(settings_or_exit(), lambda tx: accounts.set_role(tx, username, role))
    click.echo(f"{username} is a {role} now and has to log in again.")


@user.command("reset-password")
@click.argument("username")
@click.password_option()
def user_reset_password(username: str, password: str) -> None:
    """Set a member's password; their sessions end."""
    hashed = new_password_hash(username, checked(Registration, username="anyone", password=password).password)
    run_unit(settings_or_exit(), lambda tx: accounts.reset_password(tx, username, hashed))
    click.echo(f"{username} has a new password and has to log in again.")


@main.command("import-frostbyte")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only say what would be taken and what not.")
def import_frostbyte(file: Path, dry_run: bool) -> None:
    """Move in from the earlier Flask site: its SQLite FILE; safe to repeat."""
    from hub.importer.moving import OnlyTried, move_in
    from hub.importer.old_site import read_old_site

    settings = settings_or_exit()
    site = read_old_site(file)
    try:
        report = run_unit(settings, lambda tx: move_in(tx, site, dry_run=dry_run))
    except OnlyTried as tried:
        report = tried.report
    for line in report.lines():
        click.echo(line)
    click.echo("Nothing was changed: this was a dry run." if dry_run else f"{report.taken:,} rows were taken.")


@main.command("backup")
@click.argument("file", type=click.Path(path_type=Path))
def backup_command(file: Path) -> None:
    """Copy the database into FILE while the hub runs."""
    _end_tidily()
    size = backup(_sqlite_file("backup", "pg_dump"), file)
    click.echo(f"{file} has {size:,} bytes.")


@main.command("restore")
@click.argument("file", type=click.Path(path_type=Path))
def restore_command(file: Path) -> None:
    """Put the backup FILE in the place of the database; the hub must be stopped."""
    _end_tidily()
    kept = restore(file, _sqlite_file("restore", "pg_restore, then hub restored,"))
    click.echo("Restored. Everybody has to log in again, and clients will fetch the history again.")
    if kept is not None:
        click.echo(f"The database that it replaced is kept as {kept}: delete it when you are sure.")


@main.command()
def restored() -> None:
    """Say that the database was put back by other means (pg_restore, a snapshot); the hub must be stopped."""
    run_unit(settings_or_exit(), identity.renew)
    click.echo("Everybody has to log in again, and clients will fetch the history again.")


@main.command()
def doctor() -> None:
    """Check settings, database, Redis, Gemini and clock, and say how to mend each."""
    # Only here: it brings clients of Redis and the models, for which the start of a hub would have to wait.
    from hub.doctor import examine

    failed = False
    for finding in examine(settings_or_exit()):
        click.echo(f"{'ok  ' if finding.ok else 'MEND'} {finding.name:12} {finding.detail}")
        if finding.advice and (not finding.ok or finding.name in ("gemini", "sqlite")):
            click.echo(f"     {'':12} {finding.advice}")
        failed = failed or not finding.ok
    sys.exit(1 if failed else 0)


def _end_tidily() -> None:
    """Let SIGTERM end the command as Ctrl-C does, so that nothing half-made stays behind."""

    def end(*_: object) -> None:
        sys.exit(128 + signal.SIGTERM)

    signal.signal(signal.SIGTERM, end)


def checked(model: type[T], **fields: object) -> T:
    """The fields as `model`, or an error for the terminal."""
    try:
        return decode_input(msgspec.json.encode({k: v for k, v in fields.items() if v is not None}), model)
    except HubError as error:
        raise click.ClickException("; ".join(f.message for f in error.fields) or error.detail) from None


def _sqlite_file(command: str, instead: str) -> Path:
    url = settings_or_exit().database_url
    if not url.startswith("sqlite"):
        raise click.ClickException(f"hub {command} is for SQLite: use {instead} with PostgreSQL.")
    return sqlite_path(url)


if __name__ == "__main__":
    main()
