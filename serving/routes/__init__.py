"""The routes of ``/v1``, one noun a file; each parses, asks its engine and answers."""

from typing import Final

from fastapi import APIRouter

from serving.routes import (
    campaigns,
    cases,
    declarations,
    deliveries,
    desk,
    events,
    feedback,
    keys,
    lists,
    members,
    missions,
    nudges,
    outcomes,
    policies,
    policydesk,
    records,
    retention,
    suggestions,
    verdicts,
)

ROUTERS: Final[tuple[APIRouter, ...]] = tuple(
    room.router
    for room in (
        verdicts, events, outcomes, records, feedback, members, suggestions, missions, deliveries,
        campaigns, cases, declarations, lists, desk, policydesk, nudges, retention, policies,
        keys,
    )
)
"""Every router, in the order of the document."""
