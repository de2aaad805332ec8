"""A robot that takes messages over HTTP, as a team's chat has one."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Robot:
    """What it was told, in order; `status` is what it answers; while `hangs` is set it doesn't."""

    def __init__(self, port: int) -> None:
        self.url = f"json://127.0.0.1:{port}/robot/s3cret-token"
        self.told: list[dict[str, str]] = []
        self.status = 200
        self.hangs = False
        self.released = threading.Event()

    @property
    def last(self) -> str:
        """The text of the last message."""
        return self.told[-1]["message"]

    def settings(self, folder: Path, more: str = "") -> Path:
        """Write a settings file that names it."""
        file = folder / "itemsync.toml"
        file.write_text(f'[profiles.default.notify]\nurls = ["{self.url}"]\n{more}', encoding="utf-8")
        file.chmod(0o600)
        return file


@contextmanager
def robot() -> Iterator[Robot]:
    """Run a robot on a port of its own."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if one.hangs:
                one.released.wait(30)
            one.told.append(json.loads(body))
            self.send_response(one.status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    one = Robot(server.server_port)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield one
    finally:
        one.released.set()
        server.shutdown()
        server.server_close()
