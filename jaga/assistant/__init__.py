"""An assistant's way to Jaga: a Model Context Protocol server that asks a running service.

The assistant of a manager or a marketer starts ``jaga mcp``; each of its `TOOLS` is one GET of the
service's API with the caller's own key, so that role, program, rate and audit are the service's
and are written nowhere again. There is no way here to send anything else: a draft says what a
person would change, and where he does it himself. Nothing is ever decided by a tool.
"""

from __future__ import annotations

from jaga.assistant.tools import TOOLS

__all__ = ["TOOLS"]
