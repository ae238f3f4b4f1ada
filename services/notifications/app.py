"""The voice put together: doors, chores, channels, health; nothing else."""

from collections.abc import Mapping
from typing import Final

import httpx
from fastapi import FastAPI

from services.notifications import api, looking, tables
from services.notifications.channels import open_channels
from services.notifications.channels.channel import Channel
from services.notifications.chores import CHORES
from services.notifications.reactions import REACTIONS
from services.notifications.settings import NotificationsSettings
from shared.clock import Clock
from shared.service import app_for, runtime_for
from shared.serving import ServicePlan
from shared.settings import ServiceSettings


def create_app(
    settings: ServiceSettings,
    database_url: str,
    *,
    clock: Clock | None = None,
    http: httpx.AsyncClient | None = None,
    channels: Mapping[str, Channel] | None = None,
    start: bool = True,
) -> FastAPI:
    assert isinstance(settings, NotificationsSettings)
    runtime = runtime_for(
        settings,
        office=tables.office,
        reactions=REACTIONS,
        chores=CHORES,
        database_url=database_url,
        clock=clock,
        http=http,
    )
    opened = channels or open_channels(settings)
    runtime.facts |= {"channels": opened, "health": {"messages": looking.messages_in_sight}}
    runtime.closing += [channel.aclose for channel in opened.values()]
    return app_for(
        runtime,
        title="Một Cửa: the voice",
        description="Messages to the people of a dossier: what was said, by which channel, and whether it arrived.",
        routers=[api.router],
        start=start,
    )


PLAN: Final = ServicePlan(NotificationsSettings, create_app)
