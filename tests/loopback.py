"""A real server on this machine for an app, inside the running loop."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn

NOBODY = "http://127.0.0.1:1"
"""An address at which nothing listens."""


@asynccontextmanager
async def serve(app: Any) -> AsyncIterator[str]:
    """The address of `app`, on a port that the system picks.

    Started and stopped by hand: uvicorn's own loop looks only every tenth of a second whether it should stop.
    """
    config = uvicorn.Config(
        app, host="127.0.0.1", port=0, log_level="error", ws="none", lifespan="off", timeout_graceful_shutdown=1
    )
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    [listening] = server.servers
    yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    await server.shutdown()
