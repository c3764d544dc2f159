"""The cast: women, guardians and staff with a story each. Names are common ones, every number is unreal."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bot.crypto import Keyring
from models.care_team import Facility, StaffMember
from models.person import Consent, ContactPoint, Guardian, Patient
from models.pregnancy import Newborn, Pregnancy
from models.values import (
    PREGNANCY_DAYS,
    ChannelKind,
    ConsentKind,
    DueDateMethod,
    GestationalAge,
    Language,
    PregnancyStatus,
    RiskColour,
    StaffRole,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, slots=True)
class Story:
    """A woman of the cast. `number` makes her phone and openid; after a birth `born` days have passed since it."""

    name: str
    number: int
    age: GestationalAge
    born: int | None = None
    colour: RiskColour = RiskColour.GREEN
    infectious: bool = False
    conditions: tuple[str, ...] = ()
    language: Language = Language.ZH_CN
    guardian: str | None = None

    @property
    def phone(self) -> str:
        return f"+86139000000{self.number:02}"

    @property
    def openid(self) -> str:
        return f"openid-of-{self.number:02}"

    @property
    def guardian_phone(self) -> str:
        return f"+86138000000{self.number:02}"


XIAOLIN = Story("小林", 1, GestationalAge.of(32), guardian="阿强")
AMEI = Story("阿美", 2, GestationalAge.of(30), colour=RiskColour.ORANGE, conditions=("hypertension",), guardian="大伟")
XIAOXUE = Story("小雪", 3, GestationalAge.of(38), guardian="小军")
WANGFANG = Story("王芳", 4, GestationalAge.of(39), born=3, guardian="建国")
YEONGHUI = Story("영희", 5, GestationalAge.of(26), language=Language.KO)
LIUMEI = Story("刘梅", 6, GestationalAge.of(20), colour=RiskColour.RED, conditions=("heart_disease",))
XIAOQIN = Story("小琴", 7, GestationalAge.of(24), infectious=True, guardian="志明")
CHENYING = Story("陈颖", 8, GestationalAge.of(10), colour=RiskColour.YELLOW, conditions=("age_35",))

CAST = (XIAOLIN, AMEI, XIAOXUE, WANGFANG, YEONGHUI, LIUMEI, XIAOQIN, CHENYING)


def made_up_id(born: str, number: int = 2) -> str:
    """An identity number of a region that does not exist, with a true check digit; `born` as 1990-01-31."""
    digits = f"000000{born.replace('-', '')}{number:03}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return digits + "10X98765432"[sum(int(d) * w for d, w in zip(digits, weights, strict=True)) % 11]


@dataclass(frozen=True, slots=True)
class Woman:
    """The rows of one enrolled woman. The guardian's rows are there when her story names one."""

    patient: Patient
    pregnancy: Pregnancy
    wechat: ContactPoint
    sms: ContactPoint
    guardian: Guardian | None
    guardian_sms: ContactPoint | None


def hospital(session: Session, now: datetime, code: str = "county-mch") -> Facility:
    """The county's maternal and child health hospital: open day and night, numbers verified today."""
    facility = Facility(
        code=code,
        name="县妇幼保健院",
        kinds=["birth", "county", "critical_maternal", "critical_newborn"],
        level=2,
        area_code="0000",
        address="幸福路1号",
        duty_phone="010-00000001",
        emergency_phone="010-00000002",
        hours={"emergency": "24h", "duty": "08:00-17:00"},
        verified_on=now.astimezone(SHANGHAI).date(),
        updated_at=now,
    )
    session.add(facility)
    session.flush()
    return facility


def nurse(
    session: Session,
    now: datetime,
    facility: Facility | None = None,
    name: str = "李护士",
    role: StaffRole = StaffRole.NURSE,
) -> StaffMember:
    """A member of staff without a password. Others of the cast: 周护士; 赵主任, a supervisor."""
    member = StaffMember(
        name=name, role=role, facility_id=facility and facility.id, phone="+8613700000001", created_at=now
    )
    session.add(member)
    session.flush()
    return member


def enrol(
    session: Session,
    keyring: Keyring,
    story: Story,
    now: datetime,
    *,
    facility: Facility | None = None,
    nurse: StaffMember | None = None,
    consents: tuple[ConsentKind, ...] = tuple(ConsentKind),
) -> Woman:
    """Insert a woman whom the roster knows, who follows the account and has given `consents`."""
    today = now.astimezone(SHANGHAI).date()
    patient = Patient(
        external_id=f"made-up-{story.number:02}",
        name=story.name,
        language=story.language,
        facility_id=facility and facility.id,
        responsible_nurse_id=nurse and nurse.id,
        created_at=now,
        updated_at=now,
    )
    session.add(patient)
    session.flush()
    guardian = _guardian(session, patient, story, now)
    woman = Woman(
        patient=patient,
        pregnancy=_pregnancy(session, patient, story, today, now),
        wechat=_contact_point(session, keyring, patient, ChannelKind.WECHAT, story.openid, now=now),
        sms=_contact_point(session, keyring, patient, ChannelKind.SMS, story.phone, now=now),
        guardian=guardian,
        guardian_sms=guardian
        and _contact_point(
            session, keyring, patient, ChannelKind.SMS, story.guardian_phone, now=now, guardian=guardian
        ),
    )
    for kind in consents:
        session.add(
            Consent(patient_id=patient.id, kind=kind, granted=True, wording_version=1, given_at=now, source="test")
        )
    session.flush()
    return woman


def _pregnancy(session: Session, patient: Patient, story: Story, today: date, now: datetime) -> Pregnancy:
    born_on = None if story.born is None else today - timedelta(days=story.born)
    pregnancy = Pregnancy(
        patient_id=patient.id,
        due_date=(born_on or today) + timedelta(days=PREGNANCY_DAYS - story.age.days),
        due_date_method=DueDateMethod.ULTRASOUND,
        status=PregnancyStatus.POSTPARTUM if born_on else PregnancyStatus.ONGOING,
        outcome="live_birth" if born_on else None,
        outcome_on=born_on,
        conditions=list(story.conditions),
        risk_colour=story.colour,
        infectious=story.infectious,
        enrolled_on=today,
        created_at=now,
        updated_at=now,
    )
    session.add(pregnancy)
    session.flush()
    if born_on:
        session.add(Newborn(pregnancy_id=pregnancy.id, born_on=born_on, created_at=now))
    return pregnancy


def _guardian(session: Session, patient: Patient, story: Story, now: datetime) -> Guardian | None:
    if story.guardian is None:
        return None
    guardian = Guardian(patient_id=patient.id, name=story.guardian, relation="husband", created_at=now)
    session.add(guardian)
    session.flush()
    return guardian


def _contact_point(
    session: Session,
    keyring: Keyring,
    patient: Patient,
    channel: ChannelKind,
    address: str,
    *,
    now: datetime,
    guardian: Guardian | None = None,
) -> ContactPoint:
    point = ContactPoint(
        patient_id=patient.id,
        guardian_id=guardian and guardian.id,
        channel=channel,
        address=address,
        address_hash=keyring.lookup_hash(channel, address),
        created_at=now,
    )
    session.add(point)
    session.flush()
    return point
