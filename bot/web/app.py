"""The web process: every door of the house under one roof."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext

from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware

from bot.bell import Bell
from bot.clock import Clock
from bot.errors import SettingsError
from bot.house import House
from bot.reception import Reception
from bot.web import health, problems
from bot.web.api import routes as api
from bot.web.console import site
from bot.web.console.session import LONGEST
from bot.web.doors import Doors
from bot.web.guard import BodyCap, SecurityHeaders
from bot.web.webhooks import webhooks


def create_app(
    house: House,
    reception: Reception,
    bell: Bell,
    around: Callable[[], AbstractAsyncContextManager[None]] = nullcontext,
    *,
    presence: Clock | None = None,
    framed: bool = False,
) -> FastAPI:
    """Join the doors. The bell is connected while the app runs; `around` is entered before and left after.

    `presence` tells how long staff have been away, where that is not the clock of the house; `framed` lets pages of
    the same origin show ours in a frame.
    """
    settings = house.settings
    if settings.secret_key is None:
        raise SettingsError("YUNBAN_SECRET_KEY is not set")
    https = (settings.public_url or "").startswith("https://")
    registry = health.registry_of(house)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        bell.start()
        try:
            async with around():
                yield
        finally:
            bell.stop()

    app = FastAPI(
        title="Yunban",
        version="1",
        summary="Follow-up of pregnant and postpartum women.",
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        middleware=[
            Middleware(health.Measured, registry=registry),
            Middleware(SecurityHeaders, https=https, framed=framed),
            Middleware(BodyCap),
            Middleware(
                SessionMiddleware,
                secret_key=settings.secret_key,
                session_cookie="yunban",
                path="/console",
                max_age=int(LONGEST.total_seconds()),
                same_site="strict",
                https_only=https,
            ),
        ],
    )
    app.state.doors = Doors(house, bell, presence or house.clock)
    app.state.registry = registry
    problems.install(app)
    app.include_router(health.router)
    app.router.routes += webhooks(house, reception)
    app.include_router(api.router)
    site.join(app)
    return app
