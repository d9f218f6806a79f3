"""Passes the kernel's messages on, up to a number of bytes: ZeroMQ bounds a message's parts, not how many it has."""

import asyncio
from contextlib import suppress
from pathlib import Path

_CHUNK = 2**16
_RETRY_SECONDS = 0.02


class Relay:
    """Listens at one Unix socket and connects each caller to another, which may appear only later.

    What comes back from there is counted in `passed`; more than `most` bytes don't come through.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.passed = 0
        self.server: asyncio.Server | None = None
        self.callers: set[asyncio.Task[None]] = set()

    @property
    def spent(self) -> bool:
        """Whether the kernel has sent more than it may."""
        return self.passed > self.most

    async def start(self, here: Path, there: Path) -> None:
        """Begin to listen."""

        def called(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            # A task of our own: asyncio logs a traceback for each of its own that is cancelled.
            task = asyncio.create_task(self._serve(reader, writer, there))
            self.callers.add(task)
            task.add_done_callback(self.callers.discard)
            # One that is cancelled before it begins never comes to its own end.
            task.add_done_callback(lambda _: writer.transport.abort())

        self.server = await asyncio.start_unix_server(called, str(here))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, there: Path) -> None:
        """Pass on between the caller and the kernel until either ends."""
        ends = [writer]
        ways: list[asyncio.Task[None]] = []
        try:
            back, forth = await _reach(there)
            ends.append(forth)
            ways = [
                asyncio.create_task(self._copy(reader, forth, counted=False)),
                asyncio.create_task(self._copy(back, writer, counted=True)),
            ]
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for end in ends:  # before anything that may be cancelled once more
                end.transport.abort()
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            for end in ends:
                with suppress(OSError):
                    await end.wait_closed()

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, counted: bool) -> None:
        with suppress(OSError):
            while data := await reader.read(_CHUNK):
                if counted:
                    self.passed += len(data)
                    if self.spent:
                        return
                writer.write(data)
                await writer.drain()

    async def close(self) -> None:
        """Stop listening and passing on."""
        if self.server is not None:
            self.server.close()
        callers = list(self.callers)
        for caller in callers:
            caller.cancel()
        await asyncio.gather(*callers, return_exceptions=True)


async def _reach(there: Path) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect as soon as somebody listens there."""
    while True:
        with suppress(OSError):
            return await asyncio.open_unix_connection(str(there))
        await asyncio.sleep(_RETRY_SECONDS)
