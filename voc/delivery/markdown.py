"""A mail's Markdown -> an HTML and a plain-text template, once per mail and language.

The template's own tags are put out of Markdown's sight and back afterwards, so that the costly step
is done once for a whole wave, and a name can never turn into a link or a heading.
"""

import html
import re
from collections.abc import Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token

_TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_BLOCK_LINE = re.compile(r"^[ \t]*(\{%.*?%\})[ \t]*$", re.MULTILINE)
_STANDS_FOR = re.compile(r"QZ(\d+)ZQ")
_MARKDOWN = MarkdownIt("commonmark", {"html": False})

_STYLE = {
    "p": ("ink", "margin:0 0 16px;color:#17212a;"),
    "h1": ("ink", "margin:24px 0 10px;font-size:18px;line-height:24px;color:#17212a;"),
    "h2": ("ink", "margin:24px 0 10px;font-size:16px;line-height:24px;color:#17212a;"),
    "ul": ("ink", "margin:0 0 16px;padding:0 0 0 20px;color:#17212a;"),
    "ol": ("ink", "margin:0 0 16px;padding:0 0 0 24px;color:#17212a;"),
    "blockquote": ("soft", "margin:0 0 16px;padding:0 0 0 12px;border-left:3px solid #7d858d;color:#47525d;"),
    "a": ("link", "color:#0b5a78;"),
}


class Hidden:
    """A template whose tags are replaced by words that Markdown leaves alone."""

    def __init__(self, source: str) -> None:
        self._tags: list[str] = []
        # A tag on a line of its own is a block: it must not be drawn into the paragraph beside it.
        apart = _BLOCK_LINE.sub(r"\n\n\1\n\n", source)
        self.text = _TAG.sub(self._hide, apart)

    def _hide(self, found: re.Match[str]) -> str:
        self._tags.append(found.group())
        return f"QZ{len(self._tags) - 1}ZQ"

    def back(self, text: str) -> str:
        return _STANDS_FOR.sub(lambda found: self._tags[int(found.group(1))], text)

    def alone(self, text: str) -> str | None:
        """The tag that this text consists of, if it is one and nothing else."""
        found = _STANDS_FOR.fullmatch(text.strip())
        return self._tags[int(found.group(1))] if found else None


def escaped(source: str) -> str:
    """Words that are a template, safe in HTML; their tags stay tags."""
    hidden = Hidden(source)
    return hidden.back(html.escape(hidden.text))


def to_html(source: str, *, blocks: dict[str, str]) -> str:
    """`blocks` stand in place of a paragraph that is only that tag, such as {"{{ scale }}": "<div>..."}."""
    hidden = Hidden(source)
    tokens = _MARKDOWN.parse(hidden.text)
    return hidden.back(_MARKDOWN.renderer.render(_styled(tokens, hidden, blocks), _MARKDOWN.options, {}))


def _styled(tokens: Sequence[Token], hidden: Hidden, blocks: dict[str, str]) -> list[Token]:
    done: list[Token] = []
    waiting = list(tokens)
    while waiting:
        token = waiting.pop(0)
        tag = hidden.alone(waiting[0].content) if token.type == "paragraph_open" else None
        if tag is not None and (tag.startswith("{%") or _name(tag) in blocks):
            del waiting[:2]
            raw = Token("html_block", "", 0)
            raw.content = blocks.get(_name(tag), tag) + "\n"
            done.append(raw)
            continue
        for one in (token, *(token.children or ())):
            if one.tag in _STYLE and one.nesting == 1:
                one.attrSet("class", _STYLE[one.tag][0])
                one.attrSet("style", _STYLE[one.tag][1])
        done.append(token)
    return done


def _name(tag: str) -> str:
    return tag.strip("{} \t\n-")


def to_text(source: str, *, blocks: dict[str, str]) -> str:
    """The same as plain text: links are listed below the paragraph they stand in."""
    hidden = Hidden(source)
    parts: list[str] = []
    prefix = ""
    for token in _MARKDOWN.parse(hidden.text):
        if token.type == "list_item_open":
            prefix = f"{token.info}{token.markup} " if token.info else "- "
        elif token.type == "inline":
            tag = hidden.alone(token.content)
            if tag is not None and tag.startswith("{%"):
                parts.append(tag)
                continue
            if tag is not None and _name(tag) in blocks:
                parts.append(blocks[_name(tag)])
                continue
            words, links = _inline(token.children or [])
            parts.append(hidden.back(prefix + words))
            if links:
                parts.append("\n".join(hidden.back(line) for line in links))
            prefix = ""
    return "\n\n".join(parts) + "\n"


def _inline(children: Sequence[Token]) -> tuple[str, list[str]]:
    words: list[str] = []
    links: list[str] = []
    begins, target = 0, ""
    for child in children:
        if child.type == "link_open":
            begins, target = len(words), str(child.attrGet("href") or "")
        elif child.type == "link_close":
            label = "".join(words[begins:])
            links.append(f"  {label[:1].upper()}{label[1:]}: {target}")
        elif child.type == "softbreak":
            words.append(" ")
        elif child.type == "hardbreak":
            words.append("\n")
        else:
            words.append(child.content)
    return "".join(words), links
