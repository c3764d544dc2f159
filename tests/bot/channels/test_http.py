import inspect

import aiohttp
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from bot.channels.http import FAILURES, NEVER_SENT, Http
from bot.errors import ChannelDown, OutcomeUnknown
from tests.loopback import NOBODY, serve

WEBSOCKET_ONLY = {"WSMessageTypeError"}


def raised_by_aiohttp() -> list[type[Exception]]:
    kinds = vars(aiohttp.client_exceptions).values()
    return [
        kind
        for kind in kinds
        if inspect.isclass(kind)
        and issubclass(kind, Exception)
        and kind.__module__ == "aiohttp.client_exceptions"
        and kind.__name__ not in WEBSOCKET_ONLY
    ]


@pytest.mark.parametrize("kind", raised_by_aiohttp(), ids=lambda kind: kind.__name__)
def test_no_error_of_aiohttp_gets_past_us(kind):
    assert issubclass(kind, FAILURES)


@pytest.mark.parametrize("kind", raised_by_aiohttp(), ids=lambda kind: kind.__name__)
def test_only_an_error_before_the_first_byte_is_sure_that_nothing_was_sent(kind):
    refused_to_connect = any(word in kind.__name__ for word in ("Connector", "Proxy", "SSL"))
    wrong_address = "Url" in kind.__name__ or "URL" in kind.__name__
    slow_to_connect = kind.__name__ in {"ConnectionTimeoutError", "ServerFingerprintMismatch"}
    before = (refused_to_connect and kind.__name__ != "ClientHttpProxyError") or wrong_address or slow_to_connect
    assert issubclass(kind, NEVER_SENT) == before


async def hang_up(scope, receive, send):
    """An app that closes the connection in the middle of its answer."""
    headers = [(b"content-length", b"100")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"half", "more_body": True})
    raise ConnectionResetError


async def test_half_an_answer_leaves_the_outcome_open():
    async with serve(hang_up) as url:
        http = Http("wechat")
        with pytest.raises(OutcomeUnknown):
            await http.request("POST", url, repeatable=False)
        with pytest.raises(ChannelDown):
            await http.request("POST", url, repeatable=True)
        await http.close()


@pytest.mark.parametrize("address", ["ftp://127.0.0.1/", "not an address", "http://127.0.0.1:99999/"])
async def test_an_address_that_is_none_halts_the_channel(address):
    http = Http("wechat")
    with pytest.raises(ChannelDown) as caught:
        await http.request("GET", address, repeatable=True)
    assert caught.value.halt
    await http.close()


async def test_an_error_does_not_tell_the_address_it_was_sent_to():
    http = Http("wechat")
    with pytest.raises(ChannelDown) as caught:
        await http.request("GET", NOBODY, repeatable=True, params={"access_token": "made-up"})
    assert "made-up" not in str(caught.value)
    assert caught.value.__suppress_context__
    await http.close()


async def test_a_redirect_is_not_followed():
    async def elsewhere(_):
        return PlainTextResponse(status_code=302, headers={"location": NOBODY})

    async with serve(Starlette(routes=[Route("/", elsewhere)])) as url:
        http = Http("wechat")
        answer = await http.request("GET", url, repeatable=True)
        assert answer.status == 302
        await http.close()
