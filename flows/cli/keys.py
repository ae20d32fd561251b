"""Commands about API keys of the service: make one, list them, end one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.cli.console import JsonOption, print_json, print_table, say, settings_of

if TYPE_CHECKING:
    from flows.settings import Settings
    from pipelines.store.keys import ApiKey, KeyRing

app = typer.Typer()
_group = typer.Typer(
    help="API keys with which programs call the service.",
    epilog="Example: crossfade keys create shop --scope listen",
    no_args_is_help=True,
)
app.add_typer(_group, name="keys", rich_help_panel="Service")


@_group.command(epilog="Example: crossfade keys create shop --scope listen --days 90 --per-minute 6000")
def create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="What the key is for.")],
    scope: Annotated[
        list[str] | None,
        typer.Option(help="What it may do: recommend (the default), listen (act for any listener) or admin."),
    ] = None,
    days: Annotated[int | None, typer.Option(min=1, help="After how many days it ends (default: never).")] = None,
    per_minute: Annotated[int, typer.Option(min=1, help="Calls per minute that each worker accepts.")] = 6_000,
    as_json: JsonOption = False,
) -> None:
    """Create a key and show it once: the store keeps only its hash."""
    settings = settings_of(context)
    from datetime import UTC, datetime, timedelta

    from pipelines.store.keys import RECOMMEND

    now = datetime.now(UTC)
    expires = None if days is None else now + timedelta(days=days)
    key, made = _ring(settings).create(name, scope or [RECOMMEND], per_minute=per_minute, now=now, expires=expires)
    if as_json:
        print_json({"key": key, **_plain(made)})
        return
    say(key, style="bold")
    say(f"Key {made.key_id} for '{made.name}' may {', '.join(sorted(made.scopes))}. It is not shown again.")


@_group.command("list", epilog="Example: crossfade keys list --json")
def list_keys(context: typer.Context, as_json: JsonOption = False) -> None:
    """List every key ever created, and whether it is valid."""
    settings = settings_of(context)
    from datetime import UTC, datetime

    keys, now = _ring(settings).all(), datetime.now(UTC)
    if as_json:
        print_json([{**_plain(key), "works": key.works(now)} for key in keys])
        return
    if not keys:
        say("There is no key yet.")
        return
    columns = ("id", "for", "may", "a minute", "made (UTC)", "ends (UTC)", "works")
    rows = [
        (
            key.key_id,
            key.name,
            ", ".join(sorted(key.scopes)),
            f"{key.per_minute:,}",
            _minute(key.created_at),
            _minute(key.revoked_at or key.expires_at),
            "yes" if key.works(now) else "revoked" if key.revoked_at else "no",
        )
        for key in keys
    ]
    print_table("API keys", dict.fromkeys(columns, "left"), rows)


@_group.command(epilog="Example: crossfade keys revoke 1a2b3c4d")
def revoke(
    context: typer.Context,
    key_id: Annotated[str, typer.Argument(metavar="ID", help="The key's id, as 'crossfade keys list' shows it.")],
) -> None:
    """Revoke a key; running services stop accepting it within five seconds."""
    settings = settings_of(context)
    from datetime import UTC, datetime

    key = _ring(settings).revoke(key_id, now=datetime.now(UTC))
    say(f"Key {key.key_id} for '{key.name}' is revoked since {_minute(key.revoked_at)} UTC.")


def any_key_works(settings: Settings) -> bool:
    """Tell whether there is a key that works now.

    Raises:
        StoreError: The store cannot be used.
    """
    from datetime import UTC, datetime

    now = datetime.now(UTC)
    return any(key.works(now) for key in _ring(settings).all())


def _ring(settings: Settings) -> KeyRing:
    from pipelines.store.database import Database
    from pipelines.store.keys import KeyRing
    from pipelines.store.migrating import bring_up_to_date

    database = Database.of(settings.layout, settings.store_url.get_secret_value())
    bring_up_to_date(database)
    return KeyRing(database)


def _plain(key: ApiKey) -> dict[str, Any]:
    return {**vars(key), "scopes": sorted(key.scopes)}


def _minute(time: str | None) -> str:
    return time[:16].replace("T", " ") if time else "-"
