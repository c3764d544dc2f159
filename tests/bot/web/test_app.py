"""What holds for every door: probes, figures, caps, headers, and errors that give nothing away."""

from dataclasses import replace

import pytest
from sqlalchemy.exc import OperationalError
from starlette.testclient import TestClient

from bot import errors, migrate
from bot.bell import Bell
from bot.db import Database
from bot.errors import SettingsError
from bot.reception import Reception
from bot.spool import Spool
from bot.web.app import create_app
from bot.web.guard import MAX_BODY
from bot.web.problems import STATUS, status_of
from models.values import Urgency


def test_the_process_says_that_it_lives(client):
    assert client.get("/health/live").json() == {"status": "ok"}


def test_it_is_ready_only_once_the_database_is_migrated(house, empty_database_url, keyring, tmp_path):
    db = Database.open(empty_database_url, keyring)
    other = replace(house, db=db)
    client = TestClient(create_app(other, Reception(other, Spool(tmp_path, keyring)), Bell()))
    unready = client.get("/health/ready")
    assert (unready.status_code, unready.json()["detail"]) == (503, "the database is not at this version's revision")
    migrate.upgrade(db)
    assert client.get("/health/ready").json() == {"status": "ok"}
    db.close()


def test_it_is_not_ready_while_the_database_is_away(house, keyring, tmp_path):
    db = Database.open("postgresql://nobody@127.0.0.1:1/nowhere", keyring)
    other = replace(house, db=db)
    client = TestClient(create_app(other, Reception(other, Spool(tmp_path, keyring)), Bell()))
    assert client.get("/health/ready").json()["detail"] == "the database does not answer"


def test_prometheus_reads_the_queue_and_the_outbox(client, hospital):
    hospital.calls("小林", Urgency.EMERGENCY)
    figures = client.get("/metrics").text
    assert 'yunban_escalations_open{urgency="emergency"} 1.0' in figures
    assert "yunban_outbox_messages 0.0" in figures
    client.get("/api/v1/escalations")
    assert 'yunban_requests_total{door="api",status="401"} 1.0' in client.get("/metrics").text


@pytest.mark.parametrize("path", ["/console/login", "/api/v1/patients", "/nothing", "/health/live"])
def test_every_answer_carries_the_headers_that_protect(client, path):
    headers = client.get(path).headers
    assert "default-src 'self'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert "strict-transport-security" not in headers


def test_behind_https_the_cookie_and_the_browser_keep_to_it(house, hospital, tmp_path):
    other = replace(house, settings=house.settings.model_copy(update={"public_url": "https://yunban.example"}))
    client = TestClient(create_app(other, Reception(other, Spool(tmp_path, house.keyring)), Bell()))
    answer = client.get("/console/login")
    assert "secure" in answer.headers["set-cookie"]
    assert "strict-transport-security" in answer.headers


def test_a_body_that_announces_too_much_is_refused_unread(api):
    answer = api.post("/api/v1/patients", content=b"{" + b" " * MAX_BODY)
    assert (answer.status_code, answer.headers["content-type"]) == (413, "application/problem+json")


def test_a_body_that_sends_more_than_it_may_is_cut_off(client):
    def endless():
        for _ in range(40):
            yield b"x" * 65_536

    assert client.post("/console/login", content=endless()).status_code >= 400


def test_a_process_without_a_secret_does_not_start(house, tmp_path):
    other = replace(house, settings=house.settings.model_copy(update={"secret_key": None}))
    with pytest.raises(SettingsError, match="YUNBAN_SECRET_KEY is not set"):
        create_app(other, Reception(other, Spool(tmp_path, house.keyring)), Bell())


def test_an_error_of_the_house_has_one_status_and_an_inner_one_keeps_its_words(app, hospital, caplog):
    @app.get("/breaks")
    def breaks(how: str) -> None:
        raise getattr(errors, how)("小林 13900000001")

    client = TestClient(app, raise_server_exceptions=False)
    assert (client.get("/breaks?how=Conflict").status_code, client.get("/breaks?how=Invalid").status_code) == (409, 422)
    inner = client.get("/breaks?how=SettingsError")
    assert (inner.status_code, "小林" in inner.text) == (500, False)


def test_a_database_that_is_held_too_long_is_service_unavailable_and_not_a_fault_of_ours(app, hospital, caplog):
    @app.get("/waits")
    def waits() -> None:
        raise OperationalError("UPDATE patient SET name = '小林'", {}, Exception("database is locked"))

    answer = TestClient(app).get("/waits")
    assert (answer.status_code, answer.json()["detail"]) == (503, "the database does not answer")
    assert "小林" not in caplog.text


def test_every_error_class_has_a_status():
    classes = {one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, errors.YunbanError)}
    assert classes == set(STATUS)
    assert status_of(errors.Conflict("x")) == 409
    assert status_of(errors.Unreachable("43004", "not_following")) == 502
