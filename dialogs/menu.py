"""The schema of `menu.yaml`: the menu, the words that work everywhere, and which scripts the house itself begins."""

from typing import Annotated

from pydantic import Field

from dialogs.script import Duration, Frozen, Name, Wording


class Item(Frozen):
    key: Name
    label: Wording
    script: Name


class Group(Frozen):
    label: Wording
    items: Annotated[tuple[Item, ...], Field(min_length=1, max_length=5)]


class Words(Frozen):
    """Whole messages that mean the same in any state. `departed` says that she is on her way to hospital; `thanks` are
    what needs an answer no more than a nod does.
    """

    stop: tuple[str, ...]
    start: tuple[str, ...]
    resume: tuple[str, ...]
    help: tuple[str, ...]
    departed: tuple[str, ...]
    thanks: tuple[str, ...]


class CheckIn(Frozen):
    """After an emergency or urgent sign she is asked again how she is."""

    script: Name
    after: tuple[Duration, ...]


class Menu(Frozen):
    """`enrolment` greets whom the roster does not know; `private` are rules whose findings no guardian hears of,
    `unsafe` those after which he hears of nothing for a day: he may be the one she fears.

    `worse` names the rule that holds when a question of triage is answered with this number (a yes is 1).
    """

    enrolment: Name
    check_in: CheckIn
    private: tuple[str, ...] = ()
    unsafe: tuple[str, ...] = ()
    worse: dict[str, dict[int, str]]
    words: Words
    groups: Annotated[tuple[Group, ...], Field(max_length=3)]

    @property
    def items(self) -> tuple[Item, ...]:
        return tuple(item for group in self.groups for item in group.items)
