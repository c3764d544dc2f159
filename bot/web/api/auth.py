"""Bearer tokens: `read` may ask, `write` may change as well."""

from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from bot.staff import Caller, Scope, check_token
from bot.web.doors import TheDoors

_bearer = HTTPBearer(auto_error=False, description="A token of `yunban token add`.")


def _caller(
    request: Request,
    doors: TheDoors,
    shown: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> Caller:
    caller = shown and check_token(doors.house.db, shown.credentials, doors.now())
    if not caller:
        raise HTTPException(HTTPStatus.UNAUTHORIZED, "a bearer token is needed", headers={"WWW-Authenticate": "Bearer"})
    if request.method not in {"GET", "HEAD"} and caller.scope is not Scope.WRITE:
        raise HTTPException(HTTPStatus.FORBIDDEN, f"token {caller.name} may only read")
    return caller


TheCaller = Annotated[Caller, Depends(_caller)]
