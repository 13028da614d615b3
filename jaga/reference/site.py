"""Hooks of MkDocs: pages written from the code, and links that would leave the pages.

MkDocs calls each function by its name.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mkdocs.structure.files import File

from jaga.reference import PAGES

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ROOT: Final = Path(__file__).parents[2]
TWINS: Final = {"README.md": "index.md", "CONTRIBUTING.md": "contributing.md",
                "CHANGELOG.md": "changelog.md", "SECURITY.md": "security.md",
                "client/README.md": "client.md"}
"""Files beside ``docs/`` that are pages as well, and as which."""
LINK: Final = re.compile(r"(!?)\[([^\]]+)\]\(([^)\s:#]+)(#[^)]*)?\)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that no file under ``docs/`` holds."""
    for name, page in PAGES.items():
        files.append(File.generated(config, f"reference/{name}", content=page()))
    files.append(File.generated(config, "reference/decisions.md", content=_decisions()))
    for source, name in TWINS.items():
        text = (ROOT / source).read_text(encoding="utf-8")
        files.append(File.generated(config, name, content=text))
    return files


def on_page_markdown(markdown: str, page: Page, **_: Any) -> str:
    """Turn links to files that are no pages into their names; the others stay links."""
    own = page.file.src_uri
    twin = next((source for source, name in TWINS.items() if name == own), None)
    here = posixpath.dirname(twin or f"docs/{own}")

    def turned(link: re.Match[str]) -> str:
        sign, text, target, anchor = link[1], link[2], link[3], link[4] or ""
        whole = posixpath.normpath(posixpath.join(here, target))
        if whole in TWINS:
            return f"[{text}]({_from(own, TWINS[whole])}{anchor})"
        if whole == "docs/adr":
            return f"[{text}]({_from(own, 'reference/decisions.md')})"
        if whole.startswith("docs/"):
            return f"{sign}[{text}]({_from(own, whole.removeprefix('docs/'))}{anchor})"
        name = text.strip("`")
        return f"`{name}`" if name in (target, whole, target + "/") else f"{text} (`{whole}`)"

    return LINK.sub(turned, markdown)


def _from(own: str, target: str) -> str:
    """Write a page's address as seen from another page."""
    return posixpath.relpath(target, posixpath.dirname(own) or ".")


def _decisions() -> str:
    rows = []
    for path in sorted((ROOT / "docs" / "adr").glob("*.md")):
        title = path.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")
        rows.append(f"- [{title}](../adr/{path.name})")
    return "# Decisions\n\n" + "\n".join(rows) + "\n"
