"""The middlewares inside the real frameworks: `python3 -m unittest discover frameworks`, with Django, Flask and FastAPI."""

from __future__ import annotations

import asyncio
import re
import sys
import unittest
from pathlib import Path
from typing import Any, List
from wsgiref.util import setup_testing_defaults

import django
import fastapi
import flask
import starlette
import django.conf

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sixpack_ab.asgi import SixpackMiddleware as AsgiMiddleware
from sixpack_ab.fastapi import sixpack_session
from sixpack_ab.flask import Sixpack
from sixpack_ab.wsgi import SixpackMiddleware as WsgiMiddleware
from tests.servers import Server, start_misbehaving

AGENT = "Mozilla/5.0"
URL = ""


def per_request(_: Any = None) -> dict:
    return {"cookie_domain": "example.com"}


class FrameworksTest(unittest.TestCase):
    """Each shows the alternative, sets the cookie of a new client once, and leaves other pages alone."""

    server: Server

    @classmethod
    def setUpClass(cls) -> None:
        cls.server = start_misbehaving()
        global URL
        URL = cls.server.url
        django.conf.settings.configure(
            ALLOWED_HOSTS=["*"],
            ROOT_URLCONF="django_pages",
            MIDDLEWARE=["sixpack_ab.django.SixpackMiddleware"],
            SIXPACK={"base_url": f"{URL}/fine/django", "timeout": 60, "per_request": per_request},
        )
        sys.path.insert(0, str(Path(__file__).resolve().parent))
        django.setup()

    @classmethod
    def tearDownClass(cls) -> None:
        cls.server.stop()
        print(f"Django {django.get_version()}, Flask {version('flask')}, FastAPI {fastapi.__version__}, "
              f"Starlette {starlette.__version__}")

    def check(self, token: str, get: Any) -> None:
        """:param get: path and ``Cookie`` header to body and ``Set-Cookie`` headers"""
        body, cookies = get("/", None)
        self.assertEqual(body, "blue")
        self.assertEqual(len(cookies), 1, cookies)
        self.assertIn("domain=example.com", cookies[0].lower())
        self.assertIn("path=/", cookies[0].lower())
        self.assertIn("samesite=lax", cookies[0].lower())
        pair = cookies[0].split(";")[0]
        self.assertEqual(get("/", pair), ("blue", []))
        self.assertEqual(get("/other", None), ("other", []))
        first, second = self.server.json(f"/requests/{token}")
        self.assertEqual(pair, f"sixpack_client_id={first['arguments']['client_id'][0]}")
        self.assertEqual(first["arguments"]["client_id"], second["arguments"]["client_id"])
        self.assertEqual(first["arguments"]["user_agent"], [AGENT])

    def test_wsgi(self) -> None:
        def pages(environ: Any, start_response: Any) -> List[bytes]:
            home = environ["PATH_INFO"] == "/"
            body = environ["sixpack"].participate("button", ["red", "blue"]) if home else "other"
            start_response("200 OK", [("Content-Type", "text/plain")])
            return [body.encode()]

        app = WsgiMiddleware(pages, f"{URL}/fine/wsgi", per_request=per_request, timeout=60)

        def get(path: str, cookie: Any) -> Any:
            environ: dict = {"PATH_INFO": path, "HTTP_USER_AGENT": AGENT, "HTTP_COOKIE": cookie or ""}
            setup_testing_defaults(environ)
            sent: List[Any] = []
            body = b"".join(app(environ, lambda status, headers: sent.extend(headers)))
            return body.decode(), [value for name, value in sent if name == "Set-Cookie"]

        self.check("wsgi", get)

    def test_flask(self) -> None:
        app = flask.Flask("pages")
        app.config.update(SIXPACK_URL=f"{URL}/fine/flask", SIXPACK_OPTIONS={"timeout": 60})
        Sixpack(app, per_request)

        @app.get("/")
        def home() -> str:
            return flask.g.sixpack.participate("button", ["red", "blue"])

        @app.get("/other")
        def other() -> str:
            return "other"

        def get(path: str, cookie: Any) -> Any:
            headers = {"User-Agent": AGENT, **({"Cookie": cookie} if cookie else {})}
            answer = app.test_client(use_cookies=False).get(path, headers=headers)
            return answer.text, answer.headers.getlist("Set-Cookie")

        self.check("flask", get)

    def test_fastapi(self) -> None:
        app = fastapi.FastAPI()
        app.add_middleware(AsgiMiddleware, base_url=f"{URL}/fine/fastapi", per_request=per_request, timeout=60)

        @app.get("/")
        async def home(sixpack: Any = fastapi.Depends(sixpack_session)) -> fastapi.Response:
            return fastapi.Response(await sixpack.participate("button", ["red", "blue"]))

        @app.get("/other")
        async def other() -> fastapi.Response:
            return fastapi.Response("other")

        self.check("fastapi", asgi(app))

    def test_the_examples_of_the_readme(self) -> None:
        readme = (Path(__file__).resolve().parents[1] / "README.md").read_text(encoding="utf-8")
        blocks = re.findall(r"```py\n(.*?)```", readme, re.S)
        by_name = {name: next(block for block in blocks if name in block) for name in ("Flask(", "FastAPI(")}
        for name, code in by_name.items():
            scope: dict = {"__name__": "pages"}
            exec(code.replace("http://localhost:5000", f"{URL}/fine/readme"), scope)
            if name == "Flask(":
                self.assertEqual(scope["app"].test_client().get("/").text, "blue")
            else:
                self.assertEqual(asgi(scope["app"])("/", None)[0], '"blue"')

    def test_django(self) -> None:
        from django.core.handlers.wsgi import WSGIHandler

        app = WSGIHandler()

        def get(path: str, cookie: Any) -> Any:
            environ: dict = {"PATH_INFO": path, "HTTP_USER_AGENT": AGENT, "HTTP_COOKIE": cookie or ""}
            setup_testing_defaults(environ)
            sent: List[Any] = []
            body = b"".join(app(environ, lambda status, headers: sent.extend(headers)))
            return body.decode(), [value.strip() for name, value in sent if name == "Set-Cookie"]

        self.check("django", get)

    def test_django_under_asgi(self) -> None:
        from django.core.handlers.asgi import ASGIHandler

        django.conf.settings.SIXPACK = {**django.conf.settings.SIXPACK, "base_url": f"{URL}/fine/django-asgi"}
        django.conf.settings.ROOT_URLCONF = "django_async_pages"
        self.check("django-asgi", asgi(ASGIHandler()))


def asgi(app: Any) -> Any:
    """A server of one request, by the specification of ASGI."""

    def get(path: str, cookie: Any) -> Any:
        headers = [(b"host", b"example.com"), (b"user-agent", AGENT.encode())]
        headers += [(b"cookie", cookie.encode())] if cookie else []
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
            "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "", "headers": headers,
            "client": ("203.0.113.7", 5), "server": ("example.com", 80),
        }
        sent: List[Any] = []

        async def serve() -> None:
            inbox: asyncio.Queue = asyncio.Queue()
            inbox.put_nowait({"type": "http.request", "body": b"", "more_body": False})

            async def send(message: Any) -> None:
                sent.append(message)

            await app(scope, inbox.get, send)

        asyncio.run(serve())
        body = b"".join(message.get("body", b"") for message in sent)
        start = next(message for message in sent if message["type"] == "http.response.start")
        cookies = [value.decode().strip() for name, value in start["headers"] if name.lower() == b"set-cookie"]
        return body.decode(), cookies

    return get


def version(name: str) -> str:
    from importlib.metadata import version as version_of

    return version_of(name)


if __name__ == "__main__":
    unittest.main()
