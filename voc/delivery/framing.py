"""The frames around a mail's words, and words of our own people as HTML."""

import html
import re
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files

_URL = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)]")


@lru_cache(maxsize=8)
def frame(name: str) -> str:
    return (files("voc.delivery") / "frames" / name).read_text("utf-8")


def framed(frame: str, parts: Mapping[str, str]) -> str:
    return re.sub(r"\[\[(\w+)\]\]", lambda found: parts[found.group(1)], frame)


def paragraphs(text: str) -> str:
    style = 'class="ink" style="margin:0 0 16px;color:#17212a;"'
    parts = [f"<p {style}>{linked(part)}</p>" for part in re.split(r"\n\s*\n", text.strip()) if part]
    return "\n".join(parts) + "\n"


def linked(text: str) -> str:
    done, at = [], 0
    for found in _URL.finditer(text):
        url = html.escape(found.group())
        done += [
            html.escape(text[at : found.start()]),
            f'<a class="link" style="color:#0b5a78;" href="{url}">{url}</a>',
        ]
        at = found.end()
    return "".join([*done, html.escape(text[at:])]).replace("\n", "<br>\n")
