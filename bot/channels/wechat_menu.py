"""The menu of the official account in the platform's form."""

from typing import Any

from dialogs.menu import Menu
from models.values import Language


def buttons(menu: Menu) -> list[dict[str, Any]]:
    """What `/cgi-bin/menu/create` wants; the platform has one menu for everybody, so it is in Chinese."""
    return [
        {
            "name": group.label.text(Language.ZH_CN),
            "sub_button": [
                {"type": "click", "name": item.label.text(Language.ZH_CN), "key": item.key} for item in group.items
            ],
        }
        for group in menu.groups
    ]
