"""The review desk's acts, asked of the service in the name of who looks at a page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

    from serving.pages.service import Service

ACTS: Final = "/desk/acts"
PREVIEW: Final = "/desk/preview"


class Desk:
    """Acts of a person at the desk; the pages write nothing themselves.

    Parameters
    ----------
    service : Service
    """

    def __init__(self, service: Service) -> None:
        self._service = service

    async def act(self, request: Request, program_id: str, body: Mapping[str, Any]
                  ) -> dict[str, Any]:
        """Do something at the desk; the act as it is stored.

        Raises
        ------
        JagaError
            As the service refused it; a Conflict names who was first.
        """
        return await self._service.post(request, program_id, ACTS, dict(body))

    async def preview(self, request: Request, program_id: str, body: Mapping[str, Any]
                      ) -> dict[str, Any]:
        """Say what an act would do; errors as of `act`."""
        return await self._service.post(request, program_id, PREVIEW, dict(body))
