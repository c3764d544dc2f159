"""Cards as a nurse gets them in the console and another system by REST, with a local WeChat platform behind both."""

import re
from datetime import timedelta

import httpx2
import pytest
from sqlalchemy import select, update

from bot import qr
from bot.house import House
from bot.invitations import bind
from models.audit import AuditEvent
from models.base import new_id
from models.person import ContactPoint, Invitation, Patient
from models.values import ChannelKind, Language
from tests.accounts import official_account
from tests.conftest import NOW
from tests.hospital import PASSWORD


@pytest.fixture
async def account(clock):
    async with official_account(clock) as account:
        yield account


@pytest.fixture
def house(db, settings, clock, keyring, library, account):
    return House(settings, clock, keyring, db, library, {ChannelKind.WECHAT: account[1]})


@pytest.fixture
def without_wechat(hospital):
    """阿美 and 王芳 have no WeChat with us; 小林 and 小琴 have."""
    lost = [hospital.women[name] for name in ("阿美", "王芳")]
    with hospital.db.transaction() as session:
        mark = update(ContactPoint).where(ContactPoint.channel == "wechat", ContactPoint.patient_id.in_(lost))
        session.execute(mark.values(status="replaced"))


class Browser:
    """Somebody signed in; a page that asks WeChat lives in the loop in which the platform answers."""

    def __init__(self, app) -> None:
        self.http = httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://testserver")

    async def sign_in(self, name: str) -> None:
        await self._post("/console/login", "/console/login", name=name, password=PASSWORD)

    async def sees(self, path: str) -> str:
        answer = await self.http.get(f"/console{path}")
        assert answer.status_code == 200, answer.text
        return answer.text

    async def does(self, path: str, **form):
        return await self._post("/console", f"/console{path}", **form)

    async def _post(self, page: str, path: str, **form):
        csrf = re.search(r'name="csrf" value="([^"]+)"', (await self.http.get(page)).text).group(1)
        return await self.http.post(path, data={"csrf": csrf} | form)


@pytest.fixture
async def li(app, without_wechat):
    nurse = Browser(app)
    await nurse.sign_in("李护士")
    yield nurse
    await nurse.http.aclose()


@pytest.fixture
async def api(app, hospital):
    headers = {"Authorization": f"Bearer {hospital.tokens['write']}"}
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://testserver", headers=headers) as api:
        yield api


def text_of(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def drawings_in(page: str) -> list[str]:
    return re.findall(r"<svg.*?</svg>", page)


def urls_of(account) -> dict[str, str]:
    """What the platform has given out: the address, and the code in it."""
    return {f"http://weixin.qq.com/q/{ticket}": scene for ticket, scene in account[0].scenes.items()}


async def test_her_card_shows_the_code_what_to_tell_her_and_how_long_it_holds(li, hospital, account):
    assert "邀请扫码" in await li.sees(f"/patients/{hospital.women['阿美']}")
    answer = await li.does(f"/patients/{hospital.women['阿美']}/invitations")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    ((url, code),) = urls_of(account).items()
    assert drawings_in(answer.text) == [qr.svg(url)]
    card = text_of(answer.text)
    assert "阿美 0002" in card
    assert "请用您自己的微信扫这个码，再点“关注”。" in card
    assert "这个码只给您一个人用，请不要转给别人。" in card
    assert "有效期至 2026-04-01 10:00" in card
    assert "原来绑定的微信" not in card
    assert code not in answer.text
    with hospital.db.connection() as connection:
        assert bind(connection, hospital.house.keyring, code, "openid-new", NOW) == hospital.women["阿美"]


async def test_the_card_asks_nothing_that_the_pages_policy_forbids(li, hospital):
    answer = await li.does(f"/patients/{hospital.women['阿美']}/invitations")
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert re.findall(r"(?:style|src|href)=\"(?![/#])[^\"]*\"", answer.text) == []
    assert "<style" not in answer.text


async def test_who_has_a_wechat_is_offered_another_and_the_nurse_is_told_what_that_means(li, hospital):
    page = await li.sees(f"/patients/{hospital.women['小林']}")
    assert "换绑微信" in page
    answer = await li.does(f"/patients/{hospital.women['小林']}/invitations")
    assert "小林扫码后，她原来绑定的微信不再收到消息。" in answer.text


async def test_a_card_speaks_her_language(li, hospital):
    with hospital.db.transaction() as session:
        session.execute(update(Patient).where(Patient.id == hospital.women["阿美"]).values(language=Language.KO))
    answer = await li.does(f"/patients/{hospital.women['阿美']}/invitations")
    assert '<li lang="ko">' in answer.text
    assert "본인의 위챗으로" in answer.text


async def test_a_card_is_audited(li, hospital):
    await li.does(f"/patients/{hospital.women['阿美']}/invitations")
    with hospital.db.reading() as session:
        (line,) = session.scalars(select(AuditEvent).where(AuditEvent.action == "patient.invited"))
    assert (line.chain, line.actor) == (str(hospital.women["阿美"]), "李护士")


async def test_a_form_that_is_not_ours_makes_no_card(li, hospital):
    for path in (f"/console/patients/{hospital.women['阿美']}/invitations", "/console/invitations"):
        answer = await li.http.post(path, data={"csrf": "made-up", "woman": str(hospital.women["阿美"])})
        assert answer.status_code == 403
    with hospital.db.reading() as session:
        assert session.scalar(select(Invitation.id)) is None


async def test_a_nurse_makes_no_card_for_a_woman_she_may_not_see(app, hospital, without_wechat):
    wu = Browser(app)
    await wu.sign_in("吴护士")
    answer = await wu.does(f"/patients/{hospital.women['阿美']}/invitations")
    assert answer.status_code == 404
    assert "没有权限" in answer.text
    await wu.http.aclose()


async def test_a_girl_who_is_protected_is_not_invited(li, hospital):
    with hospital.db.transaction() as session:
        session.execute(update(Patient).where(Patient.id == hospital.women["阿美"]).values(status="protected"))
    page = await li.sees(f"/patients/{hospital.women['阿美']}")
    assert f"/console/patients/{hospital.women['阿美']}/invitations" not in page
    answer = await li.does(f"/patients/{hospital.women['阿美']}/invitations")
    assert answer.status_code == 422
    assert "不能这样邀请" in answer.text


@pytest.mark.parametrize(
    ("code", "told"), [(-1, "请过几分钟再试"), (45009, "请明天再试"), (40164, "联系管理员"), (48001, "联系管理员")]
)
async def test_what_wechat_refuses_is_one_line_on_her_page(li, hospital, account, code, told):
    account[0].mishaps.fail_next(code)
    answer = await li.does(f"/patients/{hospital.women['阿美']}/invitations")
    assert answer.status_code == 502
    (line,) = re.findall(r'<p class="problem" role="alert">([^<]+)</p>', answer.text)
    assert line.startswith("没有生成二维码：")
    assert told in line
    assert "<h1>阿美</h1>" in answer.text


async def test_the_sheet_lists_who_has_no_wechat_and_ticks_who_has_no_card(li, hospital):
    await li.does(f"/patients/{hospital.women['王芳']}/invitations")
    page = await li.sees("/invitations")
    ticks = re.findall(r'name="woman" value="([^"]+)"( checked)?', page)
    assert ticks == [(str(hospital.women["阿美"]), " checked"), (str(hospital.women["王芳"]), "")]
    assert "2位还没有绑定微信" in text_of(page)
    assert "王芳 尾号0004 李护士 3月2日发过卡，还没扫" in text_of(page)


async def test_a_sheet_has_a_card_for_each_who_is_chosen(li, hospital, account):
    chosen = [str(hospital.women[name]) for name in ("王芳", "阿美")]
    answer = await li.does("/invitations", woman=chosen)
    assert answer.status_code == 200
    assert re.findall(r"<h2>(\S+)", answer.text) == ["王芳", "阿美"]
    assert set(drawings_in(answer.text)) == {qr.svg(url) for url in urls_of(account)}


@pytest.mark.parametrize(("number", "told"), [(0, "请先勾选"), (61, "一次最多60位")])
async def test_a_sheet_of_none_or_of_too_many_is_not_made(li, account, number, told):
    answer = await li.does("/invitations", woman=[str(new_id()) for _ in range(number)])
    assert answer.status_code == 422
    assert told in answer.text
    assert account[0].scenes == {}


async def test_when_wechat_refuses_a_sheet_the_ticks_stay(li, hospital, account):
    account[0].mishaps.fail_next(-1)
    answer = await li.does("/invitations", woman=[str(hospital.women["王芳"])])
    assert answer.status_code == 502
    assert "请过几分钟再试" in answer.text
    assert re.findall(r'value="([^"]+)" checked', answer.text) == [str(hospital.women["王芳"])]


async def test_another_system_gets_the_code_and_the_picture_of_it(api, hospital, account):
    answer = await api.post(f"/api/v1/patients/{hospital.women['阿美']}/invitations")
    assert answer.status_code == 201
    told = answer.json()
    assert urls_of(account) == {told["url"]: told["code"]}
    assert told["svg"] == qr.svg(told["url"])
    assert told["expires_at"] == (NOW + timedelta(days=30)).isoformat()
    with hospital.db.reading() as session:
        (line,) = session.scalars(select(AuditEvent).where(AuditEvent.action == "patient.invited"))
    assert line.actor == "token his-write"


async def test_another_system_is_told_who_cannot_be_invited_and_when_wechat_fails(api, hospital, account):
    assert (await api.post(f"/api/v1/patients/{new_id()}/invitations")).status_code == 404
    account[0].mishaps.fail_next(-1)
    answer = await api.post(f"/api/v1/patients/{hospital.women['阿美']}/invitations")
    assert (answer.status_code, answer.headers["content-type"]) == (502, "application/problem+json")
    reader = {"Authorization": f"Bearer {hospital.tokens['read']}"}
    refused = await api.post(f"/api/v1/patients/{hospital.women['阿美']}/invitations", headers=reader)
    assert refused.status_code == 403


async def test_the_interface_describes_the_invitation(api):
    described = (await api.get("/api/openapi.json")).json()
    answers = described["paths"]["/api/v1/patients/{patient_id}/invitations"]["post"]["responses"]
    assert {"201", "403", "404", "422", "502"} <= set(answers)
    assert set(described["components"]["schemas"]["InvitationOut"]["properties"]) == {
        "code",
        "expires_at",
        "url",
        "svg",
    }
