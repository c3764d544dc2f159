"""The directory: imported by code, put by another system, and what happens to women when a house closes."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from openpyxl import Workbook
from sqlalchemy import select

from bot.directory import FacilityEntry, close, get, import_facilities, put
from bot.errors import Invalid, NotFound
from models.care_team import Facility
from models.person import Patient
from tests import people
from tests.conftest import NOW

HEADINGS = ["编码", "名称", "类型", "级别", "地区", "地址", "值班电话", "急诊电话", "时间", "核实日期", "应急机构"]
MCH = ["mch", "县妇幼保健院", "助产机构、妇幼保健院", "二级甲等", "0000", "幸福路1号", "010-00000001"]
MCH += ["010-00000002", "08:00至17:00", date(2026, 3, 1), "city"]
CITY = ["city", "市中心医院", "危重孕产妇", "三级", "0000", None, None, "010-00000003", "24小时", "2026.3.1", None]
LATER = NOW + timedelta(days=1)


@pytest.fixture
def directory(tmp_path):
    def directory(*lines):
        book = Workbook()
        for line in lines:
            book.active.append(line)
        book.save(tmp_path / "机构.xlsx")
        return tmp_path / "机构.xlsx"

    return directory


def facilities(db):
    with db.reading() as session:
        return {row.code: row for row in session.scalars(select(Facility))}


def test_institutions_come_in_by_code_and_a_second_import_changes_nothing(db, directory):
    path = directory(["机构目录"], HEADINGS, MCH, CITY)
    assert list(import_facilities(db, path, NOW).lines()) == ["2 new, 0 updated, 0 unchanged, 0 refused"]
    mch = facilities(db)["mch"]
    assert (mch.name, mch.kinds, mch.level) == ("县妇幼保健院", ["birth", "county"], 2)
    assert (mch.hours, mch.verified_on) == ({"duty": "08:00-17:00"}, date(2026, 3, 1))
    assert (mch.emergency_phone, mch.emergency_facility_code) == ("010-00000002", "city")
    assert facilities(db)["city"].hours == {"duty": "24h"}
    assert list(import_facilities(db, path, LATER).lines()) == ["0 new, 0 updated, 2 unchanged, 0 refused"]
    assert {row.updated_at for row in facilities(db).values()} == {NOW}


def test_a_column_that_is_not_there_erases_nothing(db, directory):
    import_facilities(db, directory(HEADINGS, MCH), NOW)
    report = import_facilities(db, directory(["编码", "名称"], ["mch", "县妇幼保健院（新址）"]), LATER)
    assert (report.updated, facilities(db)["mch"].emergency_phone) == (1, "010-00000002")
    assert facilities(db)["mch"].hours == {"duty": "08:00-17:00"}


def test_every_bad_row_is_named_and_good_rows_go_in(db, directory):
    def changed(position, cell):
        return [*MCH[:position], cell, *MCH[position + 1 :]]

    path = directory(
        HEADINGS,
        CITY,
        changed(0, None),
        changed(2, "星级酒店"),
        changed(3, "九级"),
        changed(6, "call me"),
        changed(8, "25:00-26:00"),
        changed(9, "2026-02-30"),
        CITY,
        changed(9, None),
    )
    lines = list(import_facilities(db, path, NOW).lines())
    assert lines == [
        "row 3, 编码: is missing",
        "row 4, 类型: 星级酒店 is not a kind of institution",
        "row 5, 级别: is not a level from 1 to 3",
        "row 6, 值班电话: is not a telephone number",
        "row 7, 时间: names a time of day that does not exist",
        "row 8, 核实日期: is a day that does not exist",
        "row 9, 编码: stands in row 2 as well",
        "warning: row 10: not verified, its numbers are not shown to women",
        "2 new, 0 updated, 0 unchanged, 7 refused",
    ]
    assert set(facilities(db)) == {"city", "mch"}


def test_a_row_with_two_faults_is_one_refused_row(db, directory):
    path = directory(["编码", "名称", "级别", "值班电话"], ["x" * 33, "县医院", "九级", "call me"])
    assert list(import_facilities(db, path, NOW).lines()) == [
        "row 2, 编码: is longer than 32 characters",
        "row 2, 级别: is not a level from 1 to 3",
        "row 2, 值班电话: is not a telephone number",
        "0 new, 0 updated, 0 unchanged, 1 refused",
    ]


def test_missing_columns_are_one_clear_error(db, directory):
    with pytest.raises(Invalid, match=r"机构.xlsx: row 1: no column 编码; found: 名称, 地址"):
        import_facilities(db, directory(["名称", "地址"], ["x", "y"]), NOW)
    with pytest.raises(Invalid, match="no line with the headings"):
        import_facilities(db, directory(["甲", "乙"]), NOW)


def test_another_system_puts_an_institution_and_reads_it_back(db):
    entry = FacilityEntry("县妇幼保健院", kinds=("birth",), hours={"duty": "08:00-17:00"})
    with db.connection() as connection:
        news = [put(connection, "mch", it, NOW) for it in (entry, entry, replace(entry, level=2))]
        assert news == [True, None, False]
        assert get(connection, "mch").level == 2
        with pytest.raises(NotFound, match="nowhere"):
            get(connection, "nowhere")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": " "}, "name: is missing"),
        ({"kinds": ("hotel",)}, "kinds: hotel is not one of"),
        ({"hours": {"duty": "always"}}, "hours.duty: is not a time"),
        ({"address": "x" * 257}, "address: is longer than 256"),
    ],
)
def test_what_cannot_be_put_names_its_field(db, change, words):
    with db.connection() as connection, pytest.raises(Invalid, match=words):
        put(connection, "mch", replace(FacilityEntry("县妇幼保健院"), **change), NOW)


def test_when_a_house_closes_its_pregnant_women_move_to_the_emergency_institution(db, keyring):
    with db.transaction() as session:
        mch = people.hospital(session, NOW, code="mch")
        mch.emergency_facility_code = "city"
        people.hospital(session, NOW, code="city")
        women = {
            story: people.enrol(session, keyring, story, NOW, facility=mch).patient.id
            for story in (people.XIAOLIN, people.XIAOXUE, people.WANGFANG)
        }
    with db.connection() as connection:
        affected = close(connection, "mch", date(2026, 3, 16), on=date(2026, 3, 2), now=NOW)
    assert [woman.patient_id for woman in affected] == [women[people.XIAOXUE], women[people.XIAOLIN]]
    with db.reading() as session:
        codes = {
            row.id: row.code
            for row in session.execute(
                select(Patient.id, Facility.code).join(Facility, Facility.id == Patient.facility_id)
            )
        }
    assert codes == {
        women[people.XIAOLIN]: "city",
        women[people.XIAOXUE]: "city",
        women[people.WANGFANG]: "mch",
    }
    assert facilities(db)["mch"].closed_from == date(2026, 3, 2)


def test_a_house_without_an_emergency_institution_does_not_close(db):
    with db.connection() as connection:
        put(connection, "mch", FacilityEntry("县妇幼保健院"), NOW)
        with pytest.raises(Invalid, match="no emergency institution"):
            close(connection, "mch", None, on=date(2026, 3, 2), now=NOW)
        put(connection, "mch", FacilityEntry("县妇幼保健院", emergency_facility_code="gone"), NOW)
        with pytest.raises(NotFound, match="gone"):
            close(connection, "mch", None, on=date(2026, 3, 2), now=NOW)
