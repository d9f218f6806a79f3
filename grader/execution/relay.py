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
        self.tasks: set[asyncio.Task[None]] = set()

    @property
    def spent(self) -> bool:
        """Whether the kernel has sent more than it may."""
        return self.passed > self.most

    async def start(self, here: Path, there: Path) -> None:
        """Begin to listen."""

        async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while not there.exists():
                await asyncio.sleep(_RETRY_SECONDS)
            back, forth = await self._reach(there)
            ways = (self._copy(reader, forth, counted=False), self._copy(back, writer, counted=True))
            tasks = [asyncio.create_task(way) for way in ways]
            self.tasks.update(tasks)
            try:
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for end in (writer, forth):
                    end.close()

        self.server = await asyncio.start_unix_server(connect, str(here))

    async def _reach(self, there: Path) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        while True:
            with suppress(OSError):
                return await asyncio.open_unix_connection(str(there))
            await asyncio.sleep(_RETRY_SECONDS)

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
        for task in list(self.tasks):
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
