"""Receivers as they stand outside: a mail server and a web server on this machine, which can be told to refuse or to be away."""

from __future__ import annotations

import json
import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class MailServer:
    """Takes what is sent to it; `answers` are given to RCPT one by one before it says 250 again."""

    port: int = 0
    received: list[Message] = field(default_factory=list)
    envelopes: list[str] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    silent_after_data: bool = False          # takes the message and dies before it says so

    def ids(self) -> list[str]:
        return [str(message["Message-ID"]) for message in self.received]


@contextmanager
def mail_server(port: int = 0) -> Iterator[MailServer]:
    box = MailServer()

    class Talk(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.say("220 here")
            for raw in self.rfile:
                line = raw.decode().strip()
                word = line.partition(" ")[0].upper()
                if word == "RCPT":
                    answer = box.answers.pop(0) if box.answers else "250 ok"
                    if answer.startswith("250"):
                        box.envelopes.append(line.partition("<")[2].partition(">")[0])
                    self.say(answer)
                elif word == "DATA":
                    self.say("354 go on")
                    lines = iter(self.rfile.readline, b".\r\n")
                    box.received.append(message_from_bytes(b"".join(lines)))
                    if box.silent_after_data:
                        return
                    self.say("250 taken")
                elif word == "QUIT":
                    self.say("221 bye")
                    return
                else:
                    self.say("250 ok")

        def say(self, words: str) -> None:
            self.wfile.write(f"{words}\r\n".encode())

    with _served(socketserver.ThreadingTCPServer, Talk, port) as box.port:
        yield box


@dataclass
class WebServer:
    """Keeps every request; `answers` are (status, body) given one by one before it says yes again."""

    port: int = 0
    requests: list[tuple[str, dict[str, str], dict[str, Any]]] = field(default_factory=list)
    answers: list[tuple[int, str]] = field(default_factory=list)
    yes: str = '{"errcode": 0, "code": 0}'

    def keys(self) -> list[str]:
        return [headers["Idempotency-Key"] for _path, headers, _body in self.requests]


@contextmanager
def web_server(port: int = 0) -> Iterator[WebServer]:
    site = WebServer()

    class Talk(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            site.requests.append((self.path, dict(self.headers), body))
            status, said = site.answers.pop(0) if site.answers else (200, site.yes)
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", said)
            self.send_header("Content-Length", str(len(said.encode())))
            self.end_headers()
            self.wfile.write(said.encode())

        def log_message(self, *_: Any) -> None:
            pass

    with _served(ThreadingHTTPServer, Talk, port) as site.port:
        yield site


@contextmanager
def _served(kind: Any, handler: Any, port: int) -> Iterator[int]:
    kind.allow_reuse_address = kind.daemon_threads = True
    server = kind(("127.0.0.1", port), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
