"""The tools of the other browser tests do what they say: axe finds a fault that is there, under a strict policy."""

from collections.abc import Callable

import pytest
from litestar import Litestar, get
from litestar.enums import MediaType
from litestar.response import Response
from playwright.sync_api import BrowserContext

from tests.browser.serving import axe_findings, served

pytestmark = pytest.mark.browser


@get("/", sync_to_thread=False)
def faulty() -> Response[str]:
    page = "<!doctype html><html lang=en><title>A page</title><main><h1>A page</h1><input name=unnamed></main></html>"
    return Response(page, media_type=MediaType.HTML, headers={"Content-Security-Policy": "default-src 'none'"})


def test_axe_finds_a_field_without_a_name_whatever_the_page_allows(context_of: Callable[..., BrowserContext]) -> None:
    with served(Litestar([faulty], openapi_config=None)) as address:
        page = context_of().new_page()
        page.goto(address)
        assert [finding.split(":")[0] for finding in axe_findings(page)] == ["label"]
