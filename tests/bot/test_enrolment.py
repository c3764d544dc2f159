"""What a woman says of herself: who stands by her."""

from sqlalchemy import select

from bot.enrolment import name_guardian
from dialogs.effects import NameGuardian
from models.person import ContactPoint, Guardian
from tests import people
from tests.conftest import NOW


def test_naming_the_guardian_whom_the_roster_knows_makes_no_second_one(db, keyring):
    with db.transaction() as session:
        woman = people.enrol(session, keyring, people.XIAOLIN, NOW)
        said = NameGuardian(None, "老公", people.XIAOLIN.guardian_phone)
        name_guardian(session.connection(), keyring, woman.patient.id, said, NOW)
    with db.reading() as session:
        [guardian] = session.scalars(select(Guardian)).all()
        numbers = session.scalars(select(ContactPoint.guardian_id).where(ContactPoint.guardian_id.is_not(None))).all()
    assert (guardian.relation, guardian.name) == ("husband", "阿强")
    assert numbers == [guardian.id]


def test_a_new_number_of_the_husband_is_the_husbands(db, keyring):
    with db.transaction() as session:
        woman = people.enrol(session, keyring, people.XIAOLIN, NOW)
        said = NameGuardian(None, "丈夫", "+8613800000099")
        name_guardian(session.connection(), keyring, woman.patient.id, said, NOW)
    with db.reading() as session:
        [guardian] = session.scalars(select(Guardian)).all()
    assert guardian.relation == "husband"
