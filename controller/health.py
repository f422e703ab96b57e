"""Probes of the controller: /healthz (the event loop turns) and /readyz (the watches are up)."""

from collections.abc import Callable

from aiohttp import web


async def serve_health(port: int, is_ready: Callable[[], bool], *, host: str | None = None) -> web.AppRunner:
    """Serve the probes until the runner is cleaned up."""

    async def healthz(_: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def readyz(_: web.Request) -> web.Response:
        if is_ready():
            return web.Response(text="ok\n")
        return web.Response(status=503, text="the watches are not up yet\n")

    application = web.Application()
    application.add_routes([web.get("/healthz", healthz), web.get("/readyz", readyz)])
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, host, port).start()
    return runner
