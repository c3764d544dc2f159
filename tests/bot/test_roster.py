"""Rosters as nurses keep them: real files, every bad row named, a second import that changes nothing."""

import csv
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from sqlalchemy import func, select

from bot.errors import Invalid
from bot.registration import check
from bot.registry import Change
from bot.roster import import_roster, read
from bot.roster_export import export_roster, write_template
from bot.roster_words import RowReader, headings, read_grade, read_infection
from models.metadata import metadata
from models.person import ContactPoint, Guardian, Patient
from models.pregnancy import Pregnancy, RiskAssessment
from models.values import RiskColour
from tests import people
from tests.bot.test_cells import CELLS
from tests.conftest import NOW

TODAY = date(2026, 3, 2)
HEADINGS = ["姓名", "手机号", "末次月经", "预产期", "风险等级", "建册机构", "责任护士", "监护人", "监护人电话"]
GOOD = ["小林", "13900000001", date(2025, 9, 1), None, "绿", None, None, "阿强", "13800000001"]


@pytest.fixture
def workbook(tmp_path):
    def workbook(*lines, name="花名册.xlsx", sheets=None):
        book = Workbook()
        for title, content in (sheets or {"Sheet1": lines}).items():
            sheet = book.create_sheet(title)
            for line in content:
                sheet.append(line)
        del book["Sheet"]
        book.save(tmp_path / name)
        return tmp_path / name

    return workbook


@pytest.fixture
def take_in(db, keyring):
    def take_in(path, at=NOW, *, dry_run=False):
        return import_roster(db, keyring, path, now=at, zone=people.SHANGHAI, dry_run=dry_run)

    return take_in


@pytest.fixture
def one(db):
    def one(model, *where):
        with db.reading() as session:
            return session.scalars(select(model).where(*where)).one()

    return one


def text_file(tmp_path: Path, *lines, encoding="utf-8-sig", delimiter=",") -> Path:
    path = tmp_path / "roster.csv"
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows(lines)
    return path


def count(db, model):
    with db.reading() as session:
        return session.scalar(select(func.count()).select_from(model))


def everything(db):
    with db.reading() as session:
        return {name: sorted(map(repr, session.execute(select(table)))) for name, table in metadata.tables.items()}


def registration(path):
    [row] = read(path, TODAY).rows
    assert row.checked.problems == ()
    return row.checked.registration


def test_a_messy_workbook_comes_in_and_every_bad_row_is_named(db, workbook, take_in, one):
    path = workbook(
        ["江源区孕产妇花名册"],
        ["填表日期：2026年3月1日"],
        [],
        ["序号", "* 姓 名", "联系电话（必填）", "末次月经(LMP)", "EDC", "五色管理", "备注", "丈夫姓名", "联系电话"],
        [1, "小林", "+86 139-0000-0001", datetime(2025, 9, 1), None, "绿色", "", "阿强", "13800000001"],
        [2, "阿美", 13900000002, "2025.8.4", "2026年5月11日", "橙色(较高风险)", "x", None, None],
        [3, "小雪", "1390000003", "2025-06-09", None, "红", None, None, None],
        [4, "刘梅", "139 0000 0006", "2025-13-09", None, "蓝", None, None, None],
        [5, None, "13900000007", "2025-09-09", None, "黄", None, None, None],
        [],
        ["序号", "* 姓 名", "联系电话（必填）", "末次月经(LMP)", "EDC", "五色管理", "备注", "丈夫姓名", "联系电话"],
        [6, "小琴", "13900000007", 45931, None, "紫+橙", None, None, None],
        [7, "小林", "13900000001", "2025/9/1", None, "红", None, None, None],
    )
    lines = list(take_in(path).lines())
    assert lines[:6] == [
        "row 7, 联系电话（必填）: not a phone number",
        "row 8, 五色管理: is none of the five colours",
        "row 8, 末次月经(LMP): is a day that does not exist",
        "row 9, * 姓 名: is missing",
        "row 13: the same woman as row 5",
        lines[5],
    ]
    assert "ignored columns: 序号, 备注" in lines
    assert lines[-1] == "3 new, 0 updated, 0 unchanged, 4 refused"
    with db.reading() as session:
        women = {
            row.name: row
            for row in session.execute(
                select(Patient.name, Pregnancy.due_date, Pregnancy.risk_colour, Pregnancy.infectious).join(Pregnancy)
            )
        }
    assert {name: (row.risk_colour, row.infectious) for name, row in women.items()} == {
        "小林": ("green", False),
        "阿美": ("orange", False),
        "小琴": ("orange", True),
    }
    assert women["阿美"].due_date == date(2026, 5, 11)
    assert (one(Guardian).name, one(Guardian).relation) == ("阿强", "husband")
    assert {point.address for point in db_all(db, ContactPoint)} == {
        "+8613900000001",
        "+8613800000001",
        "+8613900000002",
        "+8613900000007",
    }


def db_all(db, model):
    with db.reading() as session:
        return session.scalars(select(model)).all()


def test_a_second_import_changes_nothing(db, workbook, take_in):
    path = workbook(HEADINGS, GOOD, ["阿美", "13900000002", None, "2026-05-11", "橙", None, None, None, None])
    assert list(take_in(path).lines())[-1] == "2 new, 0 updated, 0 unchanged, 0 refused"
    before = everything(db)
    again = take_in(path, NOW + timedelta(days=1))
    assert list(again.lines())[-1] == "0 new, 0 updated, 2 unchanged, 0 refused"
    assert everything(db) == before


def test_a_changed_colour_is_an_update_and_one_more_assessment(db, workbook, take_in):
    take_in(workbook(HEADINGS, GOOD))
    report = take_in(workbook(HEADINGS, [*GOOD[:4], "橙", *GOOD[5:]]))
    assert report.counts == {Change.UPDATED: 1}
    assert count(db, RiskAssessment) == 2


def test_a_dry_run_reports_the_same_and_writes_nothing(db, workbook, take_in):
    path = workbook(HEADINGS, GOOD, GOOD, ["阿美", "12", None, "2026-05-11", "橙", None, None, None, None])
    dry = list(take_in(path, dry_run=True).lines())
    assert all(rows == [] for rows in everything(db).values())
    wet = list(take_in(path).lines())
    assert dry[:-1] == wet[:-1]
    assert dry[-1] == f"dry run, nothing written: {wet[-1]}"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_csv_is_read_in_the_encodings_people_save(tmp_path, encoding, delimiter):
    line = ["小林", "13900000001", "2025-09-01", "", "绿色"]
    path = text_file(tmp_path, HEADINGS[:5], line, encoding=encoding, delimiter=delimiter)
    woman = registration(path)
    assert (woman.name, woman.last_period, woman.risk_colour) == ("小林", date(2025, 9, 1), RiskColour.GREEN)


def test_english_headings_are_understood(tmp_path):
    path = text_file(
        tmp_path, ["Name", "Mobile", "EDD", "Risk colour", "ID"], ["Mary", "13900000008", "2026-05-11", "Orange", "7"]
    )
    woman = registration(path)
    assert (woman.external_id, woman.due_date, woman.risk_colour) == ("7", date(2026, 5, 11), RiskColour.ORANGE)


def test_a_quoted_line_break_keeps_the_row_numbers_true(tmp_path):
    path = tmp_path / "roster.csv"
    path.write_text('姓名,手机号,预产期\n"小\n林",13900000001,2026-05-11\n阿美,12,2026-05-11\n', encoding="utf-8")
    assert [row.place for row in read(path, TODAY).rows] == ["row 2", "row 4"]


def test_every_sheet_that_is_a_roster_is_read(workbook):
    path = workbook(sheets={"说明": [["请填写"]], "东乡": [HEADINGS, GOOD], "西乡": [["标题"], HEADINGS, GOOD]})
    assert [row.place for row in read(path, TODAY).rows] == ["sheet 东乡 row 2", "sheet 西乡 row 3"]


@pytest.mark.parametrize(
    ("headings_found", "words"),
    [
        (["姓名", "地址", "鞋码"], ["row 1", "手机号", "末次月经 or 预产期", "found: 姓名, 地址, 鞋码"]),
        (["姓名", "电话", "备注"], ["末次月经 or 预产期"]),
        (["甲", "乙"], ["no line with the headings", "姓名"]),
    ],
)
def test_missing_columns_are_one_clear_error(workbook, take_in, db, headings_found, words):
    with pytest.raises(Invalid) as refused:
        take_in(workbook(headings_found, ["小林", "x", "y"]))
    for word in ("花名册.xlsx", *words):
        assert word in str(refused.value)
    assert "\n" not in str(refused.value)
    assert count(db, Patient) == 0


@pytest.mark.parametrize("name", ["gone.xlsx", "gone.csv", "roster.pdf", "roster", "broken.xlsx", "broken.csv"])
def test_a_file_that_cannot_be_read_is_named(tmp_path, name):
    if not name.startswith("gone"):
        (tmp_path / name).write_bytes(b"\x81\xff\xff\x00PK")
    with pytest.raises(Invalid, match=name):
        read(tmp_path / name, TODAY)


def test_a_girl_under_14_is_reported_apart(workbook, take_in):
    lines = list(
        take_in(
            workbook(
                ["姓名", "手机号", "预产期", "身份证号"],
                ["小雨", "13900000009", "2026-05-11", people.made_up_id("2013-01-01")],
            )
        ).lines()
    )
    assert "row 2: under 14, kept apart for the designated reporter" in lines
    assert lines[-1].endswith("1 under 14")


def test_one_doubt_about_many_rows_is_one_line(workbook, take_in):
    women = [[f"小林{n}", f"139000001{n:02}", None, "2026-05-11", "绿", "no such place"] for n in range(20)]
    doubts = [line for line in take_in(workbook(HEADINGS[:6], *women)).lines() if line.startswith("warning")]
    assert len(doubts) == 1
    assert doubts[0].startswith("warning: 建册机构: is not known here: it was left out (row 2, row 3,")
    assert doubts[0].endswith("and 8 more)")


@pytest.mark.parametrize(
    ("written", "colour", "infectious"),
    [
        ("橙", "orange", False),
        ("橙色", "orange", False),
        ("ORANGE", "orange", False),
        ("橙色(较高风险)", "orange", False),
        ("较高风险", "orange", False),
        ("高风险", "red", False),
        ("低风险（绿色）", "green", False),
        ("紫", "green", True),
        ("紫色", "green", True),
        ("紫+橙", "orange", True),
        ("橙、紫", "orange", True),
        ("黄/橙", "orange", False),
        ("红色：黄疸", "red", False),
        ("橙：红斑狼疮", "orange", False),
    ],
)
def test_a_colour_is_read_as_nurses_write_it(written, colour, infectious):
    assert read_grade(written) == (RiskColour(colour), infectious)


@pytest.mark.parametrize("written", ["蓝", "?", "5", "scored"])
def test_what_is_no_colour_is_not_guessed(written):
    with pytest.raises(ValueError, match="colours"):
        read_grade(written)


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("无", (False, None)),
        ("否", (False, None)),
        ("是", (True, None)),
        ("乙肝", (True, "乙肝")),
        ("HBsAg阳性", (True, "HBsAg阳性")),
        ("HIV阴性、梅毒阴性", (False, None)),
        ("HIV阴性、梅毒阳性", (True, "HIV阴性、梅毒阳性")),
    ],
)
def test_infection_is_read_by_its_result(written, read_as):
    assert read_infection(written) == read_as


def test_every_known_column_finds_its_place(workbook, take_in, db, one):
    with db.transaction() as session:
        hospital = people.hospital(session, NOW)
        people.nurse(session, NOW, hospital)
    columns = {
        "保健手册号": "S-1",
        "孕妇姓名": "小林",
        "手机": "13900000001、13900000011",
        "身份证号码": people.made_up_id("1995-05-05"),
        "末次月经日期": "2025-09-01",
        "预产期": "2026-06-08",
        "风险分级": "黄",
        "传染病": "乙肝",
        "高危因素": "妊娠期糖尿病；瘢痕子宫",
        "产次": "1次",
        "建档机构": "county-mch",
        "责任医生": "李护士",
        "家属": "阿强",
        "与孕妇关系": "丈夫",
        "家属联系电话": "13800000001",
        "语言": "朝鲜语",
        "居住地址": "幸福路1号",
        "孕次": "2",
    }
    report = take_in(workbook(list(columns), list(columns.values())))
    assert report.ignored == ("孕次",)
    patient, pregnancy = one(Patient), one(Pregnancy)
    assert (patient.external_id, patient.language, patient.address) == ("S-1", "ko", "幸福路1号")
    assert (patient.birth_date, patient.facility_id) == (date(1995, 5, 5), hospital.id)
    assert patient.responsible_nurse_id is not None
    assert (pregnancy.infectious, pregnancy.infectious_code, pregnancy.parity) == (True, "乙肝", 1)
    assert sorted(pregnancy.conditions) == ["diabetes", "scar"]
    assert {point.address for point in db_all(db, ContactPoint)} == {"+8613900000001", "+8613800000001"}


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_what_is_exported_can_be_imported_and_changes_nothing(db, keyring, tmp_path, take_in, kind):
    with db.transaction() as session:
        hospital = people.hospital(session, NOW)
        nurse = people.nurse(session, NOW, hospital)
        for story in people.CAST:
            people.enrol(session, keyring, story, NOW, facility=hospital, nurse=nurse)
    before = everything(db)
    path = tmp_path / f"export.{kind}"
    assert export_roster(db, path) == len(people.CAST)
    report = take_in(path, NOW + timedelta(days=1))
    assert report.counts == {Change.UNCHANGED: len(people.CAST)}, list(report.lines())
    assert everything(db) == before


def test_no_exported_cell_is_a_formula(db, tmp_path, take_in):
    woman = ["=1+1", "13900000001", "", "2026-05-11", "绿", "", "", "@SUM(A1)", "+82 10 1234 5678"]
    take_in(text_file(tmp_path, HEADINGS, woman))
    for kind in ("xlsx", "csv"):
        export_roster(db, tmp_path / f"export.{kind}")
    sheet = load_workbook(tmp_path / "export.xlsx").active
    cells = [str(cell.value or "") for row in sheet.iter_rows() for cell in row]
    with (tmp_path / "export.csv").open(encoding="utf-8-sig", newline="") as file:
        cells += [cell for line in csv.reader(file) for cell in line]
    assert "'=1+1" in cells
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]
    assert registration(tmp_path / "export.xlsx").guardian.phone == "+821012345678"


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_the_template_is_a_roster_whose_example_is_never_taken_in(tmp_path, kind):
    path = tmp_path / f"template.{kind}"
    write_template(path)
    assert read(path, TODAY).rows == ()
    if kind == "xlsx":
        book = load_workbook(path)
        [sheet] = book.worksheets
        assert "绿,黄,橙,红" in {choice.formula1.strip('"') for choice in sheet.data_validations.dataValidation}
        sheet.append([None, "小林", "13900000001", None, None, None, date(2026, 5, 11), "橙"])
        book.save(path)
        assert registration(path).risk_colour is RiskColour.ORANGE


@given(st.dictionaries(st.sampled_from(sorted(set(headings().values()))), CELLS))
def test_no_row_of_cells_raises_anything(given_cells):
    filled = {field: cell for field, cell in given_cells.items() if str(cell).strip()}
    reader = RowReader(filled, {})
    checked = check(reader.registration(), TODAY)
    for remark in (*reader.problems, *reader.warnings, *checked.problems, *checked.warnings):
        assert remark.reason.isprintable()
