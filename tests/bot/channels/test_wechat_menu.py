"""The menu under every chat: the platform's limits, and publishing it from the command line."""

import os
import subprocess
import sys

from bot import migrate
from bot.channels.wechat_menu import buttons
from bot.clock import SystemClock
from bot.crypto import Keyring
from bot.db import Database
from bot.web.sandbox.wechat_platform import WeChatPlatform
from bot.web.sandbox.wechat_server import WeChatServer
from bot.web.sandbox.wechat_wire import Account
from dialogs.library import Library
from tests.conftest import DATA_KEY
from tests.loopback import serve


def test_the_menu_keeps_the_platforms_limits():
    groups = buttons(Library.load().menu)
    assert 1 <= len(groups) <= 3
    assert all(len(group["name"]) <= 4 and 1 <= len(group["sub_button"]) <= 5 for group in groups)
    assert all(len(item["name"]) <= 8 for group in groups for item in group["sub_button"])


async def test_one_command_publishes_it(tmp_path):
    url = f"sqlite:///{tmp_path / 'yunban.db'}"
    database = Database.open(url, Keyring.read(DATA_KEY))
    migrate.upgrade(database)
    database.close()
    platform = WeChatPlatform(Account("wx0000000000000001", "made-up-secret", "made-up-token"), SystemClock().now)
    async with serve(WeChatServer(platform).app) as wechat:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("YUNBAN_")} | {
            "YUNBAN_DATABASE_URL": url,
            "YUNBAN_DATA_KEY": DATA_KEY,
            "YUNBAN_WECHAT_APP_ID": "wx0000000000000001",
            "YUNBAN_WECHAT_APP_SECRET": "made-up-secret",
            "YUNBAN_WECHAT_API_URL": wechat,
        }
        done = await _run([sys.executable, "-m", "bot.cli", "wechat", "menu"], environment)
    assert done.returncode == 0, done.stderr
    assert platform.menu == buttons(Library.load().menu)
    await platform.close()


async def _run(command: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    import asyncio
    from pathlib import Path

    root = Path(__file__).parents[3]
    return await asyncio.to_thread(
        subprocess.run, command, env=environment, cwd=root, capture_output=True, text=True, check=False
    )
