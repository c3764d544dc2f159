"""A real server on this machine for an app, inside the running loop."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn

NOBODY = "http://127.0.0.1:1"
"""An address at which nothing listens."""


def free_port() -> int:
    """A port that nothing used a moment ago, for what must know its own address beforehand."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def serve(app: Any, port: int = 0) -> AsyncIterator[str]:
    """The address of `app`, on a port that the system picks unless it is given.

    Started and stopped by hand: uvicorn's own loop looks only every tenth of a second whether it should stop.
    """
    config = uvicorn.Config(
        app, host="127.0.0.1", port=port, log_level="error", ws="none", lifespan="off", timeout_graceful_shutdown=1
    )
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    [listening] = server.servers
    try:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    finally:
        await server.shutdown()
