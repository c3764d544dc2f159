"""Women in WeChat at full speed over a few connections, prepared and sealed before the clock runs."""

import asyncio
import hashlib
import sys
import time
from dataclasses import dataclass

from wechatpy.crypto import PrpCrypto

TOKEN, APP_ID, KEY = "bench-token", "wx0000000000000000", b"\0" * 32
DIALOG = ("胎动", "4", "12", "胎动", "1")
"""Five turns of a shipped script: asked, a follow-up question, a number, asked again, answered."""

CONNECTIONS, WOMEN = 64, 64 * 96
"""A turn reads what she told in the last day, so nobody may write hundreds of messages: when a woman has had her
dialog, the next of the 96 on her connection begins hers."""


def openid(number: int) -> str:
    return f"openid-{number:06}"


def push(woman: int, number: int, text: str) -> bytes:
    """One sealed push as an HTTP request, as the platform sends it in secure mode."""
    now = int(time.time())
    inner = (
        f"<xml><ToUserName><![CDATA[gh_bench]]></ToUserName><FromUserName><![CDATA[{openid(woman)}]]></FromUserName>"
        f"<CreateTime>{now}</CreateTime><MsgType><![CDATA[text]]></MsgType>"
        f"<Content><![CDATA[{text}]]></Content><MsgId>{woman:06}{number:08}</MsgId></xml>"
    )
    sealed = PrpCrypto(KEY).encrypt(inner, APP_ID).decode()
    nonce = str(woman * 1000 + number)
    signature = _sign(TOKEN, str(now), nonce)
    own = _sign(TOKEN, str(now), nonce, sealed)
    body = f"<xml><ToUserName><![CDATA[gh_bench]]></ToUserName><Encrypt><![CDATA[{sealed}]]></Encrypt></xml>".encode()
    query = f"signature={signature}&timestamp={now}&nonce={nonce}&encrypt_type=aes&msg_signature={own}"
    head = (
        f"POST /wechat?{query} HTTP/1.1\r\nHost: bench\r\nContent-Type: text/xml\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _sign(*parts: str) -> str:
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()


@dataclass
class Measured:
    answered: int
    seconds: float
    latencies: list[float]

    @property
    def rate(self) -> float:
        return self.answered / self.seconds

    @property
    def p99_ms(self) -> float:
        return 1000 * sorted(self.latencies)[int(0.99 * len(self.latencies))] if self.latencies else float("nan")


class _Connection(asyncio.Protocol):
    """Sends its next request as soon as the last is answered, until the time is over."""

    def __init__(self, requests: list[bytes], until: float, done: "asyncio.Future[None]", measured: Measured) -> None:
        self.requests, self.until, self.done, self.measured = requests, until, done, measured
        self.buffer, self.next, self.sent_at = b"", 0, 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.send()

    def send(self) -> None:
        if time.perf_counter() >= self.until or self.next == len(self.requests):
            self.transport.close()
            if not self.done.done():
                self.done.set_result(None)
            return
        self.sent_at = time.perf_counter()
        self.transport.write(self.requests[self.next])
        self.next += 1

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, found, body = self.buffer.partition(b"\r\n\r\n")
        if not found:
            return
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        if len(body) < length:
            return
        if b" 200 " not in head.partition(b"\r\n")[0]:
            self.done.set_exception(RuntimeError(head.decode()))
            self.transport.close()
            return
        self.buffer = b""
        self.measured.answered += 1
        self.measured.latencies.append(time.perf_counter() - self.sent_at)
        self.send()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(exc or ConnectionResetError("the server closed the connection"))


def prepared(first: int, turns: int, times: int = 1) -> list[list[bytes]]:
    """For each connection the next `turns` pushes, numbered from `first`, each delivered so many `times`.

    Rounds that are 10,000 apart begin 16 women apart, which is enough for 1,700 turns a second in three seconds.
    """
    return [
        [
            pushed
            for number in range(first, first + turns)
            for pushed in [
                push((connection + CONNECTIONS * (number // len(DIALOG))) % WOMEN, number, DIALOG[number % len(DIALOG)])
            ]
            * times
        ]
        for connection in range(CONNECTIONS)
    ]


async def run(port: int, connections: list[list[bytes]], seconds: float) -> Measured:
    """Let the women write for so long; what the dialog asks is answered in its order."""
    loop = asyncio.get_running_loop()
    measured = Measured(0, 0.0, [])
    start = time.perf_counter()
    waits = []
    for requests in connections:
        done = loop.create_future()
        waits.append(done)
        await loop.create_connection(
            lambda requests=requests, done=done: _Connection(requests, start + seconds, done, measured),
            "127.0.0.1",
            port,
        )
    await asyncio.gather(*waits)
    measured.seconds = time.perf_counter() - start
    return measured


def main() -> None:
    """PORT FIRST SECONDS TIMES: measure, and print answered, seconds and p99 in milliseconds."""
    import uvloop

    port, first, seconds, times = (float(word) if "." in word else int(word) for word in sys.argv[1:])
    pushes = prepared(first, int(min(400 * seconds, 1500)), times)
    measured = uvloop.run(run(port, pushes, seconds))
    print(measured.answered, measured.seconds, measured.p99_ms)


if __name__ == "__main__":
    main()
