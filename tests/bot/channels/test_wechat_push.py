"""The pushes of WeChat: its own published vectors, its three modes, and everything malformed it may send."""

import hashlib
import json
import logging
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wechatpy.crypto import PrpCrypto, WeChatCrypto

from bot.channels.wechat_push import WeChatPush, WrongSignature
from bot.crypto import Keyring
from dialogs.snapshot import HeardKind

TOKEN = "AAAAA"
KEY = "A" * 43
APP_ID = "wxba5fad812f8e6fb9"
NOW = datetime.fromtimestamp(1714112445, UTC)
KEYRING = Keyring([b"k" * 32])

# Published by the platform as the example of secure mode (developers.weixin.qq.com, message push, encryption).
SEALED = (
    "+qdx1OKCy+5JPCBFWw70tm0fJGb2Jmeia4FCB7kao+/Q5c/ohsOzQHi8khUOb05JCpj0JB4RvQMkUyus8TPxLKJGQqcvZqzDpVzazhZv6JsXUnnR8X"
    "GT740XgXZUXQ7vJVnAG+tE8NUd4yFyjPy7GgiaviNrlCTj+l5kdfMuFUPpRSrfMZuMcp3Fn2Pede2IuQrKEYwKSqFIZoNqJ4M8EajAsjLY2km32IIj"
    "df8YL/P50F7mStwntrA2cPDrM1kb6mOcfBgRtWygb3VIYnSeOBrebufAlr7F9mFUPAJGj04="
)
SECURE_QUERY = {
    "signature": "6c5c811b55cc85e0e1b54100749188c20beb3f5d",
    "timestamp": "1714112445",
    "nonce": "415670741",
    "openid": "o9AgO5Kd5ggOC-bXrbNODIiE3bGY",
    "encrypt_type": "aes",
    "msg_signature": "046e02f8204d34f8ba5fa3b1db94908f3df2e9b3",
}
SECURE_BODY = json.dumps({"ToUserName": "gh_97417a04a28d", "Encrypt": SEALED}).encode()


def door(mode: str = "plain") -> WeChatPush:
    return WeChatPush(app_id=APP_ID, token=TOKEN, mode=mode, keyring=KEYRING, aes_key=KEY)


def signed(*parts: str) -> str:
    return hashlib.sha1("".join(sorted((TOKEN, *parts))).encode()).hexdigest()


def plain_query(timestamp: str = "1714112445", nonce: str = "1") -> dict[str, str]:
    return {"timestamp": timestamp, "nonce": nonce, "signature": signed(timestamp, nonce)}


def xml(**fields: str) -> bytes:
    inner = "".join(f"<{name}><![CDATA[{value}]]></{name}>" for name, value in fields.items())
    return f"<xml>{inner}</xml>".encode()


def message(**fields: str) -> bytes:
    base = {"ToUserName": "gh_clinic", "FromUserName": "openid-1", "CreateTime": "1714112440", "MsgId": "23456"}
    return xml(**(base | fields))


def opened(body: bytes, query: dict[str, str] | None = None):
    return door().open(query or plain_query(), body, NOW)


class TestPublishedVectors:
    def test_the_address_check_gives_back_the_echo(self):
        query = {
            "signature": "f464b24fc39322e44b38aa78f5edd27bd1441696",
            "echostr": "4375120948345356249",
            "timestamp": "1714036504",
            "nonce": "1514711492",
        }
        assert door().echo(query) == "4375120948345356249"

    def test_a_plain_push_is_recognised(self):
        query = {
            "signature": "899cf89e464efb63f54ddac96b0a0a235f53aa78",
            "timestamp": "1714037059",
            "nonce": "486452656",
        }
        door().check(query)

    def test_a_sealed_push_is_opened(self):
        door("secure").check(SECURE_QUERY)
        pushed = door("secure").open(SECURE_QUERY, SECURE_BODY, NOW)
        assert pushed.inbound.event == "debug_demo"
        assert pushed.inbound.address.value == "o9AgO5Kd5ggOC-bXrbNODIiE3bGY"
        assert pushed.inbound.details["debug_str"] == "hello world"

    def test_an_answer_is_sealed_and_signed_as_published(self):
        crypto = PrpCrypto(b"\0" * 32)
        crypto.get_random_string = lambda: b"707722b803182950"
        sealed = crypto.encrypt('{"demo_resp":"good luck"}', APP_ID).decode()
        assert sealed == "ELGduP2YcVatjqIS+eZbp80MNLoAUWvzzyJxgGzxZO/5sAvd070Bs6qrLARC9nVHm48Y4hyRbtzve1L32tmxSQ=="
        assert signed("1713424427", "415670741", sealed) == "1b9339964ed2e271e7c7b6ff2b0ef902fc94dea1"


class TestWhoIsLetIn:
    @pytest.mark.parametrize("missing", ["signature", "timestamp", "nonce"])
    def test_a_request_without_a_signature_is_refused_before_its_body(self, missing):
        query = plain_query()
        del query[missing]
        with pytest.raises(WrongSignature):
            door().check(query)

    def test_a_wrong_signature_is_refused(self):
        with pytest.raises(WrongSignature):
            door().check(plain_query() | {"signature": "0" * 40})

    def test_a_signature_beyond_ascii_is_refused_and_not_an_error(self):
        with pytest.raises(WrongSignature):
            door().check(plain_query() | {"signature": "签名"})

    @pytest.mark.parametrize("mode", ["secure", "compatible"])
    def test_what_is_not_encrypted_is_not_trusted_where_encryption_is_set(self, mode):
        with pytest.raises(WrongSignature):
            door(mode).open(plain_query(), message(MsgType="text", Content="您好"), NOW)

    def test_a_sealed_body_under_another_signature_is_refused(self):
        with pytest.raises(WrongSignature):
            door("secure").open(SECURE_QUERY | {"msg_signature": "0" * 40}, SECURE_BODY, NOW)

    def test_a_body_sealed_for_another_account_is_kept_but_never_answered(self):
        other = WeChatPush(app_id="wx_other", token=TOKEN, mode="secure", keyring=KEYRING, aes_key=KEY)
        pushed = other.open(SECURE_QUERY, SECURE_BODY, NOW)
        assert (pushed.inbound.address, pushed.envelope) == (None, None)


class TestWhatIsRead:
    def test_a_text_is_named_by_the_platforms_id_and_answered_to_its_sender(self):
        pushed = opened(message(MsgType="text", Content=" 我头疼 "))
        assert pushed.inbound.heard.text == "我头疼"
        assert pushed.inbound.external_id == "m:gh_clinic:23456"
        assert pushed.inbound.passive
        assert b"<![CDATA[openid-1]]></ToUserName>" in door().answer("好", pushed.envelope, NOW)

    def test_an_empty_text_is_a_message_all_the_same(self):
        assert opened(message(MsgType="text", Content=" ")).inbound.heard.text == ""

    def test_an_id_that_is_no_number_is_kept_as_it_is(self):
        assert opened(message(MsgType="text", Content="a", MsgId="ab-1")).inbound.external_id == "m:gh_clinic:ab-1"

    @pytest.mark.parametrize(
        ("fields", "kind", "text"),
        [
            ({"MsgType": "image", "PicUrl": "u", "MediaId": "m1"}, HeardKind.IMAGE, ""),
            (
                {"MsgType": "voice", "Format": "amr", "MediaId": "m1", "Recognition": "我肚子疼"},
                HeardKind.VOICE,
                "我肚子疼",
            ),
            ({"MsgType": "voice", "Format": "amr", "MediaId": "m1"}, HeardKind.VOICE, ""),
            ({"MsgType": "shortvideo", "MediaId": "m1", "ThumbMediaId": "t"}, HeardKind.VIDEO, ""),
            (
                {"MsgType": "location", "Location_X": "1", "Location_Y": "2", "Scale": "3", "Label": "东街"},
                HeardKind.LOCATION,
                "东街",
            ),
            ({"MsgType": "link", "Title": "标题", "Description": "d", "Url": "u"}, HeardKind.LINK, "标题"),
            ({"MsgType": "miniprogrampage"}, HeardKind.OTHER, ""),
        ],
    )
    def test_every_kind_of_message_is_recognised(self, fields, kind, text):
        heard = opened(message(**fields)).inbound.heard
        assert (heard.kind, heard.text) == (kind, text)

    @pytest.mark.parametrize(
        ("fields", "event", "kind", "scene"),
        [
            ({"Event": "subscribe"}, "follow", HeardKind.FOLLOWED, None),
            (
                {"Event": "subscribe", "EventKey": "qrscene_code-1", "Ticket": "t"},
                "follow",
                HeardKind.FOLLOWED,
                "code-1",
            ),
            ({"Event": "SCAN", "EventKey": "code-1", "Ticket": "t"}, "scan", HeardKind.SCANNED, "code-1"),
            ({"Event": "unsubscribe"}, "unsubscribe", HeardKind.OTHER, None),
            ({"Event": "CLICK", "EventKey": "report"}, "click", HeardKind.MENU, None),
            ({"Event": "VIEW", "EventKey": "http://x"}, "view", HeardKind.OTHER, None),
            (
                {"Event": "LOCATION", "Latitude": "1", "Longitude": "2", "Precision": "3"},
                "location",
                HeardKind.OTHER,
                None,
            ),
            (
                {"Event": "TEMPLATESENDJOBFINISH", "MsgID": "9", "Status": "success"},
                "templatesendjobfinish",
                HeardKind.OTHER,
                None,
            ),
            ({"Event": "never_heard_of"}, "never_heard_of", HeardKind.OTHER, None),
        ],
    )
    def test_every_event_is_recognised(self, fields, event, kind, scene):
        inbound = opened(message(MsgType="event", **fields)).inbound
        assert (inbound.event, inbound.heard.kind, inbound.scene) == (event, kind, scene)

    def test_two_events_of_one_second_have_two_names_and_a_retry_has_the_same(self):
        follow = opened(message(MsgType="event", Event="subscribe", EventKey="qrscene_a")).inbound
        scan = opened(message(MsgType="event", Event="SCAN", EventKey="a")).inbound
        again = opened(message(MsgType="event", Event="subscribe", EventKey="qrscene_a")).inbound
        assert follow.external_id != scan.external_id
        assert follow.external_id == again.external_id

    def test_an_events_name_does_not_show_whose_it_is(self):
        assert "openid-1" not in opened(message(MsgType="event", Event="subscribe")).inbound.external_id

    def test_no_representation_shows_address_or_words(self):
        shown = repr(opened(message(MsgType="text", Content="我头疼")))
        assert "openid-1" not in shown
        assert "我头疼" not in shown


class TestWhatIsMalformed:
    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"garbage",
            b"<xml/>",
            b"<xml><MsgType>text</MsgType></xml>",
            b"<xml><MsgType>a</MsgType><MsgType>b</MsgType></xml>",
            b'<!DOCTYPE x [<!ENTITY a "b">]><xml>&a;</xml>',
            b"\xff\xfe\x00",
            message(MsgType="text", Content="a", CreateTime="soon"),
            b'{"MsgType": ',
            b"[]",
        ],
    )
    def test_a_well_signed_body_that_cannot_be_read_is_kept_and_answered_with_success(self, body, caplog):
        caplog.set_level(logging.DEBUG)
        pushed = opened(body)
        assert pushed.inbound.event == "unreadable"
        assert door().answer("x", pushed.envelope, NOW) == b"success"

    def test_control_characters_inside_a_message_do_not_cost_it(self):
        assert opened(message(MsgType="text", Content="我\x08头\x1f疼")).inbound.heard.text == "我头疼"

    def test_an_answer_may_hold_what_would_end_its_wrapping(self):
        pushed = opened(message(MsgType="text", Content="a"))
        answer = door().answer("一]]>二\x00三", pushed.envelope, NOW)
        assert opened(answer.replace(b"</xml>", b"<MsgId>1</MsgId></xml>")).inbound.heard.text == "一]]>二三"

    @given(st.binary(max_size=400))
    def test_no_body_raises(self, body):
        opened(body)

    @given(st.text(max_size=200))
    def test_no_content_is_lost_to_its_wrapping(self, text):
        safe = text.replace("]]>", "")
        assert opened(message(MsgType="text", Content=safe)).inbound.event is None


class TestSecureAnswers:
    @pytest.mark.parametrize("mode", ["secure", "compatible"])
    def test_what_is_answered_can_be_opened_with_the_platforms_own_key(self, mode):
        inner = message(MsgType="text", Content="您好").decode()
        crypto = WeChatCrypto(TOKEN, KEY, APP_ID)
        sealed = PrpCrypto(crypto.key).encrypt(inner, APP_ID).decode()
        query = plain_query() | {"encrypt_type": "aes", "msg_signature": signed("1714112445", "1", sealed)}
        pushed = door(mode).open(query, xml(ToUserName="gh_clinic", Encrypt=sealed), NOW)
        assert pushed.inbound.heard.text == "您好"

        answer = door(mode).answer("收到", pushed.envelope, NOW).decode()
        signature = answer.split("<MsgSignature><![CDATA[")[1].split("]]>")[0]
        assert "收到" in crypto.decrypt_message(answer, signature, "1714112445", "1")

    def test_nothing_to_say_is_the_bare_word_and_not_encrypted(self):
        pushed = door("secure").open(SECURE_QUERY, SECURE_BODY, NOW)
        assert door("secure").answer(None, pushed.envelope, NOW) == b"success"
