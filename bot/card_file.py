"""The cards of all who wait for one, as a workbook for a mail merge or a printer's shop."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from openpyxl import Workbook
from openpyxl.drawing.image import Image
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from bot import invitees
from bot import roster_words as words
from bot.cards import AT_ONCE, Card, make_cards
from bot.errors import Invalid
from bot.house import House
from bot.sheets import harmless

BY: Final = "command line"
"""Who made the cards, in the audit."""

SIDE: Final = 150
"""Pixels on the sheet; about four centimetres on paper."""

POINTS_A_PIXEL: Final = 0.75
WIDTHS: Final = (14, 12, 14, 28, 18, 22)


class _Picture(Image):
    """A PNG as it is; the library's own class would open it with Pillow to learn its size."""

    def __init__(self, png: bytes, anchor: str) -> None:
        self._png, self.anchor = png, anchor
        self.width = self.height = SIDE
        self.format = "png"

    def _data(self) -> bytes:
        return self._png


async def write_cards(house: House, path: Path, facility: str | None = None) -> int:
    """Make a card for every woman without WeChat, of one facility or of all, and give their number.

    Raises Invalid for another kind of file, NotFound for an unknown facility, SendError when WeChat refuses.
    """
    if path.suffix.lower() != ".xlsx":
        raise Invalid(f"{path.name}: cannot be written, use .xlsx")
    with house.db.reading() as session:
        women = invitees.waiting(session, None, house.clock.now(), facility=facility)
    cards: list[Card] = []
    for first in range(0, len(women), AT_ONCE):
        cards += await make_cards(house, women[first : first + AT_ONCE], BY)
    await asyncio.to_thread(_write, path, cards, house.settings.zone)
    return len(cards)


def _write(path: Path, cards: Sequence[Card], zone: ZoneInfo) -> None:
    workbook = Workbook()
    sheet = workbook.worksheets[0]
    headings = words.data()["invitations"]
    sheet.title = headings["sheet"]
    sheet.append([words.title("name"), headings["phone"], words.title("responsible_nurse"), *headings["rest"]])
    sheet.freeze_panes = "A2"
    for column, width in enumerate(WIDTHS, start=1):
        sheet.column_dimensions[get_column_letter(column)].width = width
        sheet.cell(1, column).font = Font(bold=True)
    for number, card in enumerate(cards, start=2):
        until = card.expires_at.astimezone(zone).strftime("%Y-%m-%d %H:%M")
        her = (harmless(card.woman.name), card.woman.phone_end, harmless(card.woman.nurse), card.code, until)
        for column, value in enumerate(her, start=1):
            sheet.cell(number, column, value).alignment = Alignment(vertical="center")
        sheet.row_dimensions[number].height = SIDE * POINTS_A_PIXEL
        sheet.add_image(_Picture(card.png, f"{get_column_letter(len(WIDTHS))}{number}"))
    workbook.save(path)
