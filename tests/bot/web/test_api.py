"""What other systems can rely on."""

import json
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select
from starlette.testclient import TestClient

from models.audit import AuditEvent
from models.conversation import OutboundMessage
from models.follow_up import FollowUp
from models.person import Patient
from models.record import Observation
from models.values import Urgency
from tests.conftest import NOW
from tests.people import XIAOLIN

NOBODY = UUID(int=0)
"""Nobody's id, and the same in every process that runs these tests."""

GIVEN = {
    "external_id": "his-77",
    "name": "小满",
    "phone": "139 0000 0077",
    "language": "zh-CN",
    "guardian": {"name": "阿东", "relation": "husband", "phone": "13800000077"},
    "facility": "county-mch",
    "responsible_nurse": "李护士",
    "pregnancy": {
        "edd": "2026-06-01",
        "risk_colour": "orange",
        "infectious": False,
        "conditions": ["diabetes"],
        "parity": 1,
    },
}


def test_without_a_token_nothing_is_told(client):
    answer = client.get("/api/v1/escalations")
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"] == "a bearer token is needed"


def test_a_wrong_token_is_no_token(client):
    assert client.get("/api/v1/escalations", headers={"Authorization": "Bearer yb_made-up"}).status_code == 401


def test_a_reading_token_cannot_write(client, hospital):
    answer = client.post("/api/v1/patients", json=GIVEN, headers={"Authorization": f"Bearer {hospital.tokens['read']}"})
    assert answer.status_code == 403
    assert answer.json()["detail"] == "token his-read may only read"


def test_a_woman_is_registered_once_and_found_again(api, hospital):
    first = api.post("/api/v1/patients", json=GIVEN)
    again = api.post("/api/v1/patients", json=GIVEN)
    assert (first.status_code, first.json()["change"]) == (201, "new")
    assert (again.status_code, again.json()["change"]) == (200, "unchanged")
    assert first.json()["id"] == again.json()["id"]
    seen = api.get(f"/api/v1/patients/{first.json()['id']}").json()
    assert (seen["name"], seen["facility"], seen["responsible_nurse"]) == ("小满", "county-mch", "李护士")
    assert seen["pregnancy"]["gestational_age"] == "27+0"
    assert seen["pregnancy"]["risk_colour"] == "orange"
    assert seen["pregnancy_id"] == first.json()["pregnancy_id"]


def test_a_woman_who_cannot_be_is_refused_whole(api, hospital):
    answer = api.post("/api/v1/patients", json=GIVEN | {"phone": "12", "pregnancy": {"edd": "2020-01-01"}})
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith("phone: not a phone number; due_date: ")
    with hospital.db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Patient).where(Patient.external_id == "his-77")) == 0


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"name": "小满"}, "body.external_id"),
        (GIVEN | {"phon": "1"}, "body.phon"),
        (GIVEN | {"language": "xx"}, "body.language"),
        (GIVEN | {"pregnancy": {"risk_colour": "purple"}}, "body.pregnancy.risk_colour"),
    ],
)
def test_a_malformed_body_names_the_field_and_never_the_value(api, body, pointer):
    answer = api.post("/api/v1/patients", json=body)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert "13900000077" not in answer.text


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", f"/api/v1/patients/{NOBODY}", 404),
        ("GET", "/api/v1/patients/nobody", 422),
        ("GET", f"/api/v1/escalations/{NOBODY}", 404),
        ("GET", "/api/v1/nothing", 404),
        ("DELETE", "/api/v1/escalations", 405),
        ("GET", "/api/v1/escalations?cursor=made-up", 422),
        ("GET", "/api/v1/escalations?limit=0", 422),
        ("GET", "/api/v1/facilities/nowhere", 404),
    ],
)
def test_every_error_is_a_problem_document(api, method, path, status):
    answer = api.request(method, path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert answer.json()["status"] == status
    assert answer.json()["title"]


def test_looking_at_a_woman_is_audited_under_the_tokens_name(api, hospital):
    api.get(f"/api/v1/patients/{hospital.women['小林']}")
    with hospital.db.reading() as session:
        line = session.scalars(select(AuditEvent).where(AuditEvent.chain == str(hospital.women["小林"]))).one()
    assert (line.actor, line.action, line.detail) == (
        "token his-write",
        "patient.viewed",
        {"restricted": ["infectious"]},
    )


def test_an_escalation_is_told_with_its_history(api, hospital):
    escalation = hospital.calls("小林")
    told = api.get(f"/api/v1/escalations/{escalation}").json()
    assert told["patient_id"] == str(hospital.women["小林"])
    assert (told["urgency"], told["status"], told["reason"], told["assignee"]) == (
        "urgent",
        "open",
        "危险信号：不动了",
        None,
    )
    assert told["opened_at"] == "2026-03-02T02:00:00+00:00"
    assert told["due_at"] == "2026-03-02T03:00:00+00:00"
    assert [event["kind"] for event in told["events"]] == ["opened"]


def test_escalations_are_filtered_and_paged(api, hospital):
    opened = [str(hospital.calls(name)) for name in ("小林", "阿美", "王芳")]
    hospital.calls("小琴", Urgency.EMERGENCY)
    first = api.get("/api/v1/escalations?status=open&urgency=urgent&limit=2").json()
    rest = api.get(f"/api/v1/escalations?status=open&urgency=urgent&limit=2&cursor={first['next_cursor']}").json()
    assert [item["id"] for item in first["items"] + rest["items"]] == sorted(opened)
    assert rest["next_cursor"] is None
    assert api.get("/api/v1/escalations?status=resolved").json() == {"items": [], "next_cursor": None}


def test_only_the_first_of_two_members_of_staff_gets_her(api, hospital):
    url = f"/api/v1/escalations/{hospital.calls('小林')}/assignment"
    first, second = api.post(url, json={"staff": "李护士"}), api.post(url, json={"staff": "周护士"})
    assert (first.status_code, first.json()["assignee"], first.json()["status"]) == (200, "李护士", "assigned")
    assert (second.status_code, second.headers["content-type"]) == (409, "application/problem+json")
    handed = api.post(url, json={"staff": "周护士", "hand_over_from": "李护士"})
    assert handed.json()["assignee"] == "周护士"


@pytest.mark.parametrize(("staff", "status"), [("不存在", 422), ("吴护士", 404)])
def test_staff_who_do_not_exist_or_may_not_see_her_cannot_take_her(api, hospital, staff, status):
    answer = api.post(f"/api/v1/escalations/{hospital.calls('小林')}/assignment", json={"staff": staff})
    assert answer.status_code == status


def test_a_reply_is_written_once_and_a_resolution_closes(api, hospital):
    escalation = f"/api/v1/escalations/{hospital.calls('小林')}"
    body = {"staff": "李护士", "text": "您现在感觉怎么样？", "external_id": "r1"}
    first, again = api.post(f"{escalation}/replies", json=body), api.post(f"{escalation}/replies", json=body)
    assert first.status_code == 201
    assert first.json()["message_id"] == again.json()["message_id"]
    closed = api.post(f"{escalation}/resolution", json={"staff": "李护士", "outcome": "advised", "note": "已解释"})
    assert (closed.json()["status"], closed.json()["outcome"]) == ("resolved", "advised")
    assert api.post(f"{escalation}/resolution", json={"staff": "李护士", "outcome": "advised"}).status_code == 409
    assert api.post(f"{escalation}/resolution", json={"staff": "李护士", "outcome": "cured"}).status_code == 422


def reading(hospital, **more):
    return {
        "patient_id": str(hospital.women["阿美"]),
        "code": "blood_pressure",
        "value": {"systolic": 168, "diastolic": 112},
        "unit": "mmHg",
        "at": "2026-03-02T09:58:00+08:00",
        "device": "cuff-7",
    } | more


def test_a_dangerous_reading_is_judged_told_to_her_and_called_in(api, hospital):
    first = api.post("/api/v1/observations", json=reading(hospital))
    again = api.post("/api/v1/observations", json=reading(hospital))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert first.json()["level"] in {"urgent", "emergency"}
    (called,) = api.get(f"/api/v1/escalations?patient_id={hospital.women['阿美']}").json()["items"]
    assert called["urgency"] == first.json()["level"]
    assert [event["kind"] for event in called["events"]] == ["opened"]
    with hospital.db.reading() as session:
        said = session.scalars(select(OutboundMessage).where(OutboundMessage.purpose == "safety")).all()
        assert session.scalar(select(func.count()).select_from(Observation)) == 1
    assert [message.patient_id for message in said] == [hospital.women["阿美"]]


def test_a_calm_or_an_old_reading_is_kept_and_alarms_nobody(api, hospital):
    calm = reading(hospital, value={"systolic": 118, "diastolic": 76})
    old = reading(hospital, at="2026-02-27T09:00:00+08:00")
    assert [api.post("/api/v1/observations", json=body).status_code for body in (calm, old)] == [201, 201]
    assert api.get("/api/v1/escalations").json()["items"] == []
    codes = api.get(f"/api/v1/patients/{hospital.women['阿美']}/observations").json()["items"]
    assert [item["value"]["systolic"] for item in codes] == [118, 168]
    assert codes[0]["at"] == "2026-03-02T01:58:00+00:00"


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"at": "2026-03-03T09:00:00+08:00"}, 422),
        ({"at": "2026-03-02T09:58:00"}, 422),
        ({"code": "Blood Pressure"}, 422),
        ({"patient_id": str(NOBODY)}, 404),
        ({"value": "high"}, 422),
        ({"value": {"systolic": "168", "diastolic": 112}}, 422),
        ({"value": {"high": 168, "low": 112}}, 422),
        ({"unit": "kPa"}, 422),
        ({"code": "temperature", "value": 102, "unit": "°F"}, 422),
        ({"code": "temperature", "value": True, "unit": None}, 422),
        ({"code": "temperature", "value": None, "unit": None}, 422),
        ({"code": "newborn_temperature", "value": "hot", "unit": None}, 422),
    ],
)
def test_a_reading_that_cannot_be_is_refused(api, hospital, more, status):
    assert api.post("/api/v1/observations", json=reading(hospital, **more)).status_code == status
    with hospital.db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Observation)) == 0


def test_a_pressure_written_as_people_write_it_is_judged_like_one_in_parts(api, hospital):
    taken = api.post("/api/v1/observations", json=reading(hospital, value="168/112")).json()
    assert taken["level"] in {"urgent", "emergency"}
    (kept,) = api.get(f"/api/v1/patients/{hospital.women['阿美']}/observations").json()["items"]
    assert kept["value"] == {"systolic": 168, "diastolic": 112}


@pytest.mark.parametrize("code", ["temperature", "a_code_of_tomorrow"])
def test_a_reading_that_is_no_number_at_all_is_refused(api, hospital, code):
    body = json.dumps(reading(hospital, code=code, value=float("nan"), unit=None))
    answer = api.post("/api/v1/observations", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422


def test_the_timeline_has_everything_in_order_and_pages_without_gaps(api, hospital):
    api.post("/api/v1/observations", json=reading(hospital))
    escalation = api.get("/api/v1/escalations").json()["items"][0]["id"]
    hospital.house.clock.move(timedelta(minutes=5))
    api.post(f"/api/v1/escalations/{escalation}/replies", json={"staff": "李护士", "text": "救护车到了吗？"})
    whole = api.get(f"/api/v1/patients/{hospital.women['阿美']}/timeline").json()["items"]
    assert [item["at"] for item in whole] == sorted(item["at"] for item in whole)
    kinds = {item["kind"] for item in whole}
    assert kinds >= {"observation", "message_out", "escalation_event"}
    assert whole[-1]["data"]["text" if whole[-1]["kind"] == "message_out" else "event"] in {"救护车到了吗？", "replied"}

    paged, cursor = [], ""
    while cursor is not None:
        page = api.get(
            f"/api/v1/patients/{hospital.women['阿美']}/timeline",
            params={"limit": 2, "cursor": cursor} if cursor else {"limit": 2},
        ).json()
        paged += page["items"]
        cursor = page["next_cursor"]
    assert [item["id"] for item in paged] == [item["id"] for item in whole]


def test_a_message_in_the_timeline_carries_what_was_read_in_it_and_set_aside(api, hospital):
    text = "有点头晕，没有出血"
    hospital.hears(XIAOLIN, text)
    hospital.hears(XIAOLIN, "帮助")
    items = api.get(f"/api/v1/patients/{hospital.women['小林']}/timeline").json()["items"]
    dizzy, helped = [item["data"] for item in items if item["kind"] == "message_in"]
    assert (dizzy["level"], helped["level"], helped["findings"]) == ("soon", None, [])
    assert [(one["sign"], one["level"], one["status"]) for one in dizzy["findings"]] == [
        ("dizzy", "soon", "current"),
        ("bleeding", "urgent", "negated"),
    ]
    for one in dizzy["findings"]:
        assert set(one) == {"rule", "sign", "level", "status", "evidence", "start", "end"}
        assert text[one["start"] : one["end"]] == one["evidence"]


def test_an_escalation_tells_by_which_rule_and_which_words_it_came(api, hospital):
    hospital.hears(XIAOLIN, "流血了，好多，止不住")
    (listed,) = api.get("/api/v1/escalations").json()["items"]
    told = api.get(f"/api/v1/escalations/{listed['id']}").json()
    (event,) = told["events"]
    assert event["detail"]["evidence"] == told["evidence"]
    assert {"rule", "evidence", "status", "level"} <= set(told["evidence"][0])
    assert told["evidence"][0]["evidence"] in "流血了，好多，止不住"


def test_the_shape_of_a_finding_is_described(client):
    shapes = client.get("/api/openapi.json").json()["components"]["schemas"]
    assert set(shapes["FindingOut"]["properties"]) == {"rule", "sign", "level", "status", "evidence", "start", "end"}
    assert shapes["MessageInOut"]["properties"]["findings"]["items"] == {"$ref": "#/components/schemas/FindingOut"}
    assert {"$ref": "#/components/schemas/MessageInOut"} in shapes["EntryOut"]["properties"]["data"]["anyOf"]


def test_follow_ups_are_listed(api, hospital):
    with hospital.db.transaction() as session:
        session.add(
            FollowUp(
                pregnancy_id=hospital.pregnancies["小林"],
                patient_id=hospital.women["小林"],
                key="check_in:2026-03-05",
                kind="check_in",
                due_on=NOW.date(),
                due_at=NOW,
                created_at=NOW,
            )
        )
    (item,) = api.get(f"/api/v1/patients/{hospital.women['小林']}/follow-ups").json()["items"]
    assert (item["key"], item["state"], item["due_at"]) == (
        "check_in:2026-03-05",
        "planned",
        "2026-03-02T02:00:00+00:00",
    )


def test_a_doctors_grading_becomes_the_current_colour(api, hospital):
    answer = api.post(
        f"/api/v1/pregnancies/{hospital.pregnancies['小林']}/risk-assessments",
        json={
            "risk_colour": "red",
            "reasons": ["重度子痫前期"],
            "assessed_on": "2026-03-01",
            "institution": "县妇幼保健院",
        },
    )
    assert answer.status_code == 201
    assert api.get(f"/api/v1/patients/{hospital.women['小林']}").json()["pregnancy"]["risk_colour"] == "red"
    assert api.post(f"/api/v1/pregnancies/{NOBODY}/risk-assessments", json={"risk_colour": "red"}).status_code == 404


def test_a_delivery_is_recorded_once(api, hospital):
    url = f"/api/v1/pregnancies/{hospital.pregnancies['小林']}/outcome"
    body = {"kind": "live_birth", "on": "2026-03-01", "newborns": [{"birth_weight_g": 3200}]}
    assert [api.post(url, json=body).status_code for _ in range(2)] == [201, 200]
    seen = api.get(f"/api/v1/patients/{hospital.women['小林']}").json()["pregnancy"]
    assert (seen["status"], seen["postpartum_day"], seen["gestational_age"]) == ("postpartum", 1, None)


def test_an_outcome_that_was_a_mistake_is_taken_back(api, hospital):
    url = f"/api/v1/pregnancies/{hospital.pregnancies['小林']}/outcome"
    api.post(url, json={"kind": "miscarriage", "on": "2026-03-01"})
    assert [api.delete(url).status_code for _ in range(2)] == [204, 409]
    seen = api.get(f"/api/v1/patients/{hospital.women['小林']}").json()["pregnancy"]
    assert (seen["status"], seen["postpartum_day"]) == ("ongoing", None)


@pytest.mark.parametrize(
    ("code", "more", "field"),
    [
        ("x" * 33, {}, "code"),
        ("backup", {"emergency_phone": "ask at the gate"}, "emergency_phone"),
        ("backup", {"duty_phone": "12"}, "duty_phone"),
        ("backup", {"name": " "}, "name"),
    ],
)
def test_an_institution_that_cannot_be_called_is_not_taken_in(api, code, more, field):
    refused = api.put(f"/api/v1/facilities/{code}", json={"name": "备用医院"} | more)
    assert refused.status_code == 422
    assert refused.json()["detail"].startswith(f"{field}: ")
    assert api.get(f"/api/v1/facilities/{code}").status_code == 404


def test_closing_an_institution_moves_its_women(api, hospital):
    put = {"name": "备用医院", "kinds": ["birth"], "emergency_phone": "010-00000009", "verified_on": "2026-03-01"}
    assert api.put("/api/v1/facilities/backup", json=put).status_code == 201
    assert api.put("/api/v1/facilities/backup", json=put).status_code == 200
    closure = {"from": "2026-03-02", "until": "2026-03-20"}
    assert api.post("/api/v1/facilities/county-mch/closure", json=closure).status_code == 422  # no refuge is named
    here = api.get("/api/v1/facilities/county-mch").json()
    for field in ("code", "closed_from", "closed_until"):
        here.pop(field)
    api.put("/api/v1/facilities/county-mch", json=here | {"emergency_facility_code": "backup"})
    backwards = closure | {"until": "2026-03-01"}
    assert api.post("/api/v1/facilities/county-mch/closure", json=backwards).status_code == 422
    closed = api.post("/api/v1/facilities/county-mch/closure", json=closure).json()
    assert closed["moved_to"] == "backup"
    assert {woman["patient_id"] for woman in closed["affected"]} == {
        str(hospital.women[name]) for name in ("小林", "阿美", "小琴")
    }
    assert api.get(f"/api/v1/patients/{hospital.women['小林']}").json()["facility"] == "backup"


def test_the_interface_describes_itself_without_another_server(client):
    spec = client.get("/api/openapi.json").json()
    assert "/api/v1/escalations/{escalation_id}/assignment" in spec["paths"]
    page = client.get("/api/docs")
    assert "/api/v1/observations" in page.text
    assert "http://" not in page.text
    assert "https://" not in page.text


def test_a_system_that_only_reads_gets_what_it_asks_for(app, hospital):
    reader = TestClient(app, headers={"Authorization": f"Bearer {hospital.tokens['read']}"})
    assert reader.get(f"/api/v1/patients/{hospital.women['小林']}").status_code == 200
