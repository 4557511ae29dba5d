"""A chat-completions server on loopback for tests: it says what it is told to say and remembers what it was asked."""

from __future__ import annotations

import base64
import io
import json
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from PIL import Image

from builder.stages.image_tokens import TOKENS, Family, Pixels

Request = dict[str, Any]


@dataclass(frozen=True)
class Says:
    """One HTTP answer."""

    body: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    sends: float = 1.0  # share of the body that is sent before the connection is closed; below 0 not even a status


def answer(
    value: object, *, prompt: int = 1000, completion: int = 50, finish: str = "stop", refusal: str | None = None
) -> Says:
    """A completion whose message is the JSON of `value`, or `value` itself when it is text."""
    text = value if isinstance(value, str) else json.dumps(value)
    message = {"role": "assistant", "content": None if refusal else text, "refusal": refusal}
    usage = {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
    choice = {"index": 0, "message": message, "finish_reason": finish}
    return Says(
        {"id": "c", "object": "chat.completion", "created": 0, "model": "loopback-1", "choices": [choice], "usage": usage}
    )


def error(status: int, message: str, *, code: str | None = None, headers: Mapping[str, str] | None = None) -> Says:
    return Says({"error": {"message": message, "type": "error", "code": code}}, status, headers or {})


def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """No pause before another attempt; and no certificates are read, which takes a client a quarter of a second."""
    monkeypatch.setattr("builder.edges.vlm._FIRST_PAUSE", 0.0)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    monkeypatch.setattr("httpx2._transports.default.create_ssl_context", lambda **_: context)


def hung_up() -> Says:
    """The connection is closed without a word."""
    return Says({}, sends=-1)


def torn(says: Says) -> Says:
    """The connection is closed in the middle of the answer."""
    return replace(says, sends=0.5)


Words = Callable[[str], int]
_PIECES = re.compile(r"\w{1,8}|[^\w\s]")


def pieces(text: str) -> int:
    """Tokens by a rule of this server's own: up to eight letters or digits are one, and so is every other mark."""
    return len(_PIECES.findall(text))


def bill_of(request: Request, said: str, family: Family, words: Words = pieces) -> tuple[int, int]:
    """Prompt and completion tokens of what really arrived and left: messages, schema, decoded pictures, the answer's text."""
    schema = request["response_format"]["json_schema"]["schema"]
    prompt = words(json.dumps(schema)) + 3 * len(request["messages"])
    for message in request["messages"]:
        parts = message["content"]
        for part in [{"type": "text", "text": parts}] if isinstance(parts, str) else parts:
            if part["type"] == "text":
                prompt += words(part["text"])
            else:
                data = base64.b64decode(part["image_url"]["url"].partition("base64,")[2])
                prompt += TOKENS[family](Pixels(*Image.open(io.BytesIO(data)).size))
    return prompt, words(said)


def billing(reply: Callable[[Request, int], Says], family: Family, words: Words = pieces) -> Callable[[Request, int], Says]:
    """The same server, billing what it received and said."""

    def billed(request: Request, number: int) -> Says:
        says = reply(request, number)
        if says.status == 200 and isinstance(says.body, dict):
            text = says.body["choices"][0]["message"]["content"] or ""
            prompt, completion = bill_of(request, text, family, words)
            usage = {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
            return replace(says, body={**says.body, "usage": usage})
        return says

    return billed


@dataclass
class Loopback:
    """A running server: where it is and what it was asked, in order of arrival."""

    base_url: str
    requests: list[Request] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)


@contextmanager
def loopback_model(reply: Callable[[Request, int], Says]) -> Iterator[Loopback]:
    """`reply` is given the request and its number, from 0; it may block."""
    seen = Loopback("")
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["content-length"])))
            with lock:
                number = len(seen.requests)
                seen.requests.append(request)
                seen.keys.append(self.headers.get("authorization", ""))
            says = reply(request, number)
            data = says.body if isinstance(says.body, bytes) else json.dumps(says.body).encode()
            if says.sends < 0:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            try:
                self.send_response(says.status)
                for name, value in {
                    "content-type": "application/json",
                    "content-length": str(len(data)),
                    **says.headers,
                }.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data[: int(says.sends * len(data))])
                self.close_connection = says.sends < 1
            except OSError:  # the asker was killed, or went away
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    seen.base_url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    try:
        yield seen
    finally:
        server.shutdown()
        server.server_close()
