"""The little Markdown of a model card as blocks for a template, which escapes every word of it."""

from __future__ import annotations

import re
from typing import Any, Final

PICTURE: Final = re.compile(r"!\[([^\]]*)\]\(([a-z0-9_-]+\.png)\)")
RULE: Final = re.compile(r"\|[-| :]+\|")
Block = dict[str, Any]


def blocks(text: str) -> list[Block]:
    r"""Cut a card into headings, paragraphs, lists, tables and pictures.

    >>> blocks("# A\n\n- x\n- **y**")
    [{'kind': 'heading', 'level': 1, 'text': 'A'}, {'kind': 'list', 'items': ['x', 'y']}]
    >>> blocks("| a |\n|---|\n| 1 |")
    [{'kind': 'table', 'head': ['a'], 'rows': [['1']]}]
    """
    return [_block(part.splitlines()) for part in re.split(r"\n\s*\n", text.strip()) if part]


def _block(lines: list[str]) -> Block:
    first = lines[0].strip()
    if first.startswith("#"):
        return {"kind": "heading", "level": len(first) - len(first.lstrip("#")),
                "text": _plain(first.lstrip("# "))}
    if found := PICTURE.fullmatch(first):
        return {"kind": "picture", "text": found.group(1), "name": found.group(2)}
    if first.startswith("- "):
        return {"kind": "list", "items": [_plain(line.strip()[2:]) for line in lines]}
    if first.startswith("|"):
        rows = [[_plain(cell.strip()) for cell in line.strip().strip("|").split("|")]
                for line in lines if not RULE.fullmatch(line.strip())]
        return {"kind": "table", "head": rows[0], "rows": rows[1:]}
    return {"kind": "text", "text": _plain(" ".join(line.strip() for line in lines))}


def _plain(text: str) -> str:
    return text.replace("**", "").replace("`", "")
