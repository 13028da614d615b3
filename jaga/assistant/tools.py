"""Every tool, questions first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from jaga.assistant.drafts import DRAFTS
from jaga.assistant.questions import QUESTIONS

if TYPE_CHECKING:
    from jaga.assistant.tool import Tool

TOOLS: Final[dict[str, Tool]] = {tool.name: tool for tool in (*QUESTIONS, *DRAFTS)}
"""Tools by name; nothing else can be called."""
