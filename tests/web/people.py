"""A fixed cast at the door: staff of each role, and a browser that signs in and posts forms as a person would."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from html import unescape
from typing import Any

from argon2 import PasswordHasher
from httpx import Response
from litestar import Litestar
from litestar.testing import TestClient

from voc.base import staff
from voc.base.words import StaffRole
from voc.web.asgi import create
from voc.web.context import App

PASSWORD = "the heron stands in the shallow water"
# At the least cost: tests/base/test_staff.py has the real one, these sign in hundreds of times.
PASSWORD_HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


def add_staff(app: App, role: StaffRole, *, csm_id: str | None = None, email: str | None = None) -> int:
    """Somebody with a password set, through the real functions."""
    with app.database.begin() as db:
        address = email or f"{role}@vendor.example"
        added = staff.add(
            db, email=address, name=f"Test {role}", role=role, csm_id=csm_id, by="terminal", now=app.now()
        )
        token = staff.invite(db, added, tokens=app.tokens, by="terminal", now=app.now())
        staff.accept(db, token, password_hash=PASSWORD_HASH, now=app.now())
    return added


class Visitor:
    """A browser with cookies. `post` reads the CSRF token off the page it posts from, as a person's form does."""

    def __init__(self, client: TestClient[Litestar]) -> None:
        self.client = client
        self.page = ""

    def get(self, path: str) -> Response:
        answer: Response = self.client.get(path, follow_redirects=True)
        self.page = answer.text
        return answer

    def post(self, path: str, form: Mapping[str, str] | None = None, *, follow: bool = True, **fields: Any) -> Response:
        """`form`: fields whose names are no words of Python."""
        data = {"csrf": self.csrf, **(form or {}), **fields}
        answer: Response = self.client.post(path, data=data, follow_redirects=follow)
        if follow:
            self.page = answer.text
        return answer

    @property
    def csrf(self) -> str:
        found = re.search(r'name="csrf" value="([^"]+)"', self.page)
        return unescape(found.group(1)) if found else ""

    def sign_in(self, email: str, password: str = PASSWORD) -> Response:
        self.get("/signin")
        return self.post("/signin", email=email, password=password)


@contextmanager
def visitor(app: App) -> Iterator[Visitor]:
    """Each gets a site of its own: the test client of Litestar leaves streams open when two share one."""
    with TestClient(create(app), base_url="http://testserver.local", raise_server_exceptions=False) as client:
        yield Visitor(client)
