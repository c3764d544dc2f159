"""Joins the nouns of the REST interface under one prefix, and shows them on a page."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from bot.web.api import escalations, facilities, invitations, observations, patients, pregnancies
from bot.web.api.docs import render

router = APIRouter()

_PROBLEMS: dict[int | str, dict[str, Any]] = {
    401: {"description": "No token, or one that is not known."},
    403: {"description": "A token that may only read."},
    404: {"description": "There is none."},
    422: {"description": "Input that cannot be taken: `detail` names the field."},
}

for _noun in (patients, invitations, pregnancies, observations, escalations, facilities):
    router.include_router(_noun.router, prefix="/api/v1", responses=_PROBLEMS)


@router.get("/api/docs", include_in_schema=False)
def docs(request: Request) -> Response:
    """Everything of /api/openapi.json on one plain page that needs no other server."""
    return render(request.app.openapi())
