"""Every error as a problem document (RFC 9457): one status for each class of `bot/errors.py`, mapped here alone."""

import logging
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from bot.db import OUTAGE
from bot.errors import (
    ChannelDown,
    Conflict,
    DatabaseUnreachable,
    Invalid,
    NotFound,
    OutcomeUnknown,
    SendError,
    SettingsError,
    Unreachable,
    YunbanError,
)

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"

STATUS: dict[type[YunbanError], HTTPStatus] = {
    Invalid: HTTPStatus.UNPROCESSABLE_ENTITY,
    NotFound: HTTPStatus.NOT_FOUND,
    Conflict: HTTPStatus.CONFLICT,
    DatabaseUnreachable: HTTPStatus.SERVICE_UNAVAILABLE,
    SettingsError: HTTPStatus.INTERNAL_SERVER_ERROR,
    Unreachable: HTTPStatus.BAD_GATEWAY,
    ChannelDown: HTTPStatus.BAD_GATEWAY,
    OutcomeUnknown: HTTPStatus.GATEWAY_TIMEOUT,
    SendError: HTTPStatus.BAD_GATEWAY,
    YunbanError: HTTPStatus.INTERNAL_SERVER_ERROR,
}
"""By the nearest class; what begins with 5 says nothing of the inside to the caller."""


def problem(status: int, detail: str | None = None, headers: dict[str, str] | None = None, **more: Any) -> JSONResponse:
    """A problem document; its type is `about:blank`, so the title is the status's own name."""
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": int(status)}
    if detail is not None:
        body["detail"] = detail
    return JSONResponse(body | more, status, headers=headers, media_type=MEDIA_TYPE)


def status_of(error: YunbanError) -> HTTPStatus:
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def install(app: FastAPI) -> None:
    app.add_exception_handler(YunbanError, _ours)
    for outage in OUTAGE:
        app.add_exception_handler(outage, _no_database)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)


def _ours(_request: Request, error: Exception) -> Response:
    if not isinstance(error, YunbanError):
        raise error
    status = status_of(error)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.error("%s: %s", type(error).__name__, error)
        return problem(status)
    return problem(status, str(error))


def _no_database(_request: Request, error: Exception) -> Response:
    log.error("the database does not answer: %s", type(error).__name__)
    return problem(HTTPStatus.SERVICE_UNAVAILABLE, "the database does not answer")


def _malformed(_request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    # The input itself is left out: it may be somebody's name or number.
    errors = [{"pointer": _pointer(one["loc"]), "detail": one["msg"]} for one in error.errors()]
    first = errors[0]
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, f"{first['pointer']}: {first['detail']}", errors=errors)


def _pointer(location: tuple[str | int, ...]) -> str:
    return ".".join(str(part) for part in location)


def _http(_request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    headers = dict(error.headers) if error.headers else None
    detail = error.detail if error.detail != HTTPStatus(error.status_code).phrase else None
    return problem(error.status_code, detail, headers)


def _unexpected(_request: Request, _error: Exception) -> Response:
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR)
