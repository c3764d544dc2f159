"""Whole conversations on paper: each must come out today as it was read and signed."""

from pathlib import Path

import pytest

from dialogs import script as kinds
from dialogs.library import Library
from dialogs.play import Taken, Transcript, TranscriptError, cast
from models.values import ConsentKind, GestationalAge, Language, RiskColour

FOLDER = Path(__file__).parent.parent / "transcripts"
FILES = sorted(FOLDER.glob("*.txt"))


def script_of(file: Path) -> str | None:
    """`fetal_movement.reduced.txt` begins that script; in `respond.*.txt` she speaks first."""
    name = file.name.split(".")[0]
    return None if name == "respond" else name


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_conversation_comes_out_as_written(file, library, request):
    written = file.read_text(encoding="utf-8")
    played, _ = Transcript.read(library, written).play(library, script_of(file))
    if request.config.getoption("--update-transcripts"):
        file.write_text(played, encoding="utf-8")
        return
    assert played == written


def test_every_choice_of_every_script_is_taken_by_somebody(library):
    taken = set[Taken]()
    for file in FILES:
        taken |= Transcript.read(library, file.read_text(encoding="utf-8")).play(library, script_of(file))[1]
    assert [str(choice) for choice in choices(library) if choice not in taken] == []


def choices(library: Library):
    for script in library.scripts.values():
        for name, step in script.steps.items():
            if isinstance(step, kinds.Ask):
                yield from (Taken(script.id, name, index) for index in range(len(step.choices)))


def test_every_transcript_is_of_a_script_that_exists(library):
    assert [file.name for file in FILES if (script_of(file) or "visit") not in {*library.scripts, "visit"}] == []


class TestTheSettingsOfATranscript:
    def test_tell_facts_and_records(self):
        woman = cast(
            "name=小林 ga=32周+0 week=32 postpartum_day=3 baby_days=3 colour=orange conditions=twins,scar "
            "consents=service,sms confirmed=false language=ko nurse_has_it=true"
        )
        assert woman.facts == {"name": "小林", "ga": "32周+0", "postpartum_day": "3"}
        assert woman.context.gestational_age == GestationalAge.of(32)
        assert (woman.context.postpartum_day, woman.context.newborn_age_days) == (3, 3)
        assert woman.context.risk_colour is RiskColour.ORANGE
        assert woman.context.conditions == {"twins", "scar"}
        assert woman.consents == {ConsentKind.SERVICE, ConsentKind.SMS}
        assert (woman.confirmed, woman.nurse_has_it, woman.language) == (False, True, Language.KO)

    @pytest.mark.parametrize("settings", ["nmae=小林", "小林", "week=many", "colour=blue", "language=klingon"])
    def test_are_refused_when_they_say_nothing_known(self, settings):
        with pytest.raises(TranscriptError):
            cast(settings)


def test_a_transcript_without_a_head_is_refused(library):
    with pytest.raises(TranscriptError):
        Transcript.read(library, "孕妇: 你好")
