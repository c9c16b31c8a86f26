"""A real CalDAV server (Radicale) on this machine, in the Internet's place."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

USER, PASSWORD = "bo", "app-password"


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Say nothing."""


class _Threaded(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class CalendarSite:
    """The running server. `before` may answer a request in its stead."""

    def __init__(self, folder: Path) -> None:
        import radicale
        from radicale import config

        (folder / "users").write_text(f"{USER}:{PASSWORD}\n")
        settings = config.load()
        settings.update(
            {
                "auth": {
                    "type": "htpasswd",
                    "htpasswd_filename": str(folder / "users"),
                    "htpasswd_encryption": "plain",
                    "delay": "0",
                },
                "storage": {"filesystem_folder": str(folder / "collections"), "_filesystem_fsync": "False"},
                "server": {"delay_on_error": "0"},
                "logging": {"level": "critical"},
            },
            "test",
            privileged=True,
        )
        self._radicale = radicale.Application(settings)
        self.before: Callable[[dict[str, Any], Any], Any] | None = None
        self.asked: list[str] = []
        self.secrets: list[str] = []
        self.netloc = ""

    @property
    def url(self) -> str:
        return f"http://{self.netloc}/"

    @property
    def calendar(self) -> str:
        return f"{self.url}{USER}/work/"

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        self.asked.append(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}")
        self.secrets.append(environ.get("HTTP_AUTHORIZATION", ""))
        answer = self.before(environ, start_response) if self.before else None
        return self._radicale(environ, start_response) if answer is None else answer

    def ask(self, method: str, path: str, body: bytes = b"") -> tuple[str, bytes]:
        """Ask as its owner does, by another way than ours."""
        import io

        said: list[str] = []
        secret = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        environ = {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": path,
            "HTTP_AUTHORIZATION": f"Basic {secret}",
            "CONTENT_LENGTH": str(len(body)),
            "CONTENT_TYPE": "text/calendar",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": io.StringIO(),
            "wsgi.url_scheme": "http",
            "SERVER_NAME": "test",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
        }
        content = b"".join(self._radicale(environ, lambda status, _headers: said.append(status)))
        return said[0], content

    def make_calendar(self, name: str = "work") -> None:
        status, _ = self.ask("MKCALENDAR", f"/{USER}/{name}/")
        assert status.startswith("201"), status

    def write(self, uid: str, event: str) -> None:
        """Put an entry there, as a telephone would."""
        lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:x", "BEGIN:VEVENT", f"UID:{uid}", "DTSTAMP:20310101T000000Z"]
        body = "\r\n".join([*lines, *event.split("\n"), "END:VEVENT", "END:VCALENDAR", ""])
        status, _ = self.ask("PUT", f"/{USER}/work/{uid}.ics", body.encode())
        assert status.startswith("2"), status

    def remove(self, name: str) -> None:
        status, _ = self.ask("DELETE", f"/{USER}/work/{name}.ics")
        assert status.startswith("2"), status

    def entry(self, name: str) -> str:
        status, content = self.ask("GET", f"/{USER}/work/{name}.ics")
        return content.decode() if status.startswith("200") else ""


@contextmanager
def calendar_site(folder: Path) -> Iterator[CalendarSite]:
    site = CalendarSite(folder)
    with make_server("127.0.0.1", 0, site, _Threaded, _Quiet) as server:
        site.netloc = f"127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield site
        server.shutdown()
        thread.join()
