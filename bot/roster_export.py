"""The roster written out again, in the columns in which it is read, and an empty one to begin with."""

from collections.abc import Iterator
from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from sqlalchemy import Connection, RowMapping, select

from bot import roster_words as words
from bot.db import Database
from bot.errors import Invalid
from bot.sheets import Cell, write_sheet
from models.care_team import Facility, StaffMember
from models.person import ContactPoint, Guardian, Patient
from models.pregnancy import Pregnancy
from models.values import ChannelKind, DueDateMethod

FIELDS = (
    "external_id",
    "name",
    "phone",
    "national_id",
    "birth_date",
    "last_period",
    "due_date",
    "risk_colour",
    "infectious",
    "parity",
    "facility",
    "responsible_nurse",
    "guardian_name",
    "guardian_relation",
    "guardian_phone",
    "language",
    "address",
)
_TEMPLATE_ROWS = 2000
_CHOICES = {"risk_colour": "colours", "language": "languages", "guardian_relation": "relations"}
_WIDTH = 16


def export_roster(db: Database, path: Path) -> int:
    """Write every woman with an open pregnancy, and give their number; read again it changes nothing."""
    with db.reading() as session:
        rows = list(_rows(session.connection()))
    write_sheet(path, [words.title(name) for name in FIELDS], rows)
    return len(rows)


def write_template(path: Path) -> None:
    """Headings, one row that is marked as an example, and drop-down lists where only some words are understood."""
    headings = [words.title(name) for name in FIELDS]
    template = words.data()["template"]
    example = [template["example"].get(name) for name in FIELDS]
    if path.suffix.lower() == ".csv":
        write_sheet(path, headings, [example])
        return
    if path.suffix.lower() != ".xlsx":
        raise Invalid(f"{path.name}: cannot be written, use .xlsx or .csv")
    workbook = Workbook()
    sheet = workbook.create_sheet(template["sheet"], 0)
    del workbook[workbook.sheetnames[1]]
    sheet.append(headings)
    sheet.append(example)
    sheet.freeze_panes = "A2"
    for column, name in enumerate(FIELDS, start=1):
        letter = get_column_letter(column)
        sheet.column_dimensions[letter].width = _WIDTH
        sheet.cell(1, column).font = Font(bold=True)
        sheet.cell(2, column).font = Font(italic=True, color="00999999")
        if name in _CHOICES:
            listed = ",".join(some[0] for some in words.data()[_CHOICES[name]].values())
            choice = DataValidation(type="list", formula1=f'"{listed}"', allow_blank=True, showErrorMessage=False)
            choice.add(f"{letter}2:{letter}{_TEMPLATE_ROWS}")
            sheet.add_data_validation(choice)
    workbook.save(path)


_WOMEN = (
    select(
        Patient.id,
        Patient.external_id,
        Patient.name,
        Patient.national_id,
        Patient.birth_date,
        Patient.language,
        Patient.address,
        Pregnancy.last_period,
        Pregnancy.due_date,
        Pregnancy.due_date_method,
        Pregnancy.risk_colour,
        Pregnancy.infectious,
        Pregnancy.parity,
        Facility.name.label("facility"),
        StaffMember.name.label("responsible_nurse"),
    )
    .join(Pregnancy, (Pregnancy.patient_id == Patient.id) & Pregnancy.closed_at.is_(None))
    .outerjoin(Facility, Facility.id == Patient.facility_id)
    .outerjoin(StaffMember, StaffMember.id == Patient.responsible_nurse_id)
    .where(Patient.status == "registered")
    .order_by(Patient.created_at, Patient.id)
)
_PHONES = (
    select(ContactPoint.patient_id, ContactPoint.guardian_id, ContactPoint.address)
    .where(ContactPoint.channel == ChannelKind.SMS, ContactPoint.status != "replaced")
    .order_by(ContactPoint.created_at)
)
_GUARDIANS = select(Guardian.patient_id, Guardian.id, Guardian.name, Guardian.relation).order_by(
    Guardian.created_at.desc()
)


def _rows(connection: Connection) -> Iterator[list[Cell]]:
    guardians = {row.patient_id: row for row in connection.execute(_GUARDIANS)}
    phones = {row.guardian_id or row.patient_id: row.address for row in connection.execute(_PHONES)}
    for row in connection.execute(_WOMEN).mappings():
        written = _as_read(row) | {"phone": _at_home(phones.get(row["id"]))}
        guardian = guardians.get(row["id"])
        if guardian is not None:
            written |= {
                "guardian_name": guardian.name,
                "guardian_relation": words.data()["relations"].get(guardian.relation, [guardian.relation])[0],
                "guardian_phone": _at_home(phones.get(guardian.id)),
            }
        yield [written.get(name) for name in FIELDS]


def _as_read(row: RowMapping) -> dict[str, Cell]:
    """A due date that follows from the last period is not written: read again it would count as stated."""
    known = words.data()
    by_period = row["due_date_method"] == DueDateMethod.LMP and row["last_period"] is not None
    return {
        **row,
        "due_date": None if by_period else row["due_date"],
        "risk_colour": known["colours"][row["risk_colour"]][0],
        "infectious": known["yes" if row["infectious"] else "no"][0],
        "language": known["languages"][row["language"]][0],
    }


def _at_home(phone: str | None) -> str | None:
    """As one dials it in China: no plus sign, which a spreadsheet would take for a formula."""
    if phone is None:
        return None
    return phone.removeprefix("+86") if phone.startswith("+86") else f"00{phone.removeprefix('+')}"
