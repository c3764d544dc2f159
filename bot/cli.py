"""The `yunban` command: puts the parts together and is imported by nobody. Modules load with the command that needs
them, so that a judgement of one sentence does not wait for a web server.
"""

import asyncio
import difflib
import errno
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from bot.errors import Invalid, YunbanError

if TYPE_CHECKING:
    from datetime import datetime

    from fastapi import FastAPI

    from bot.bell import Bell
    from bot.clock import Clock
    from bot.db import Database
    from bot.house import House
    from bot.reception import Reception
    from bot.settings import Settings
    from bot.web.sandbox.folder import Folder
    from bot.web.sandbox.sandbox import Sandbox
    from dialogs.library import Library

FILE = click.Path(path_type=Path)
STOP_SECONDS = 10
Result = TypeVar("Result")


def main() -> None:
    """Bad input is one line on stderr and exit status 2, never a traceback."""
    from dialogs.source import LibraryError

    try:
        sys.exit(yunban.main(standalone_mode=False))
    except click.exceptions.NoArgsIsHelpError as help_text:
        help_text.show()
        sys.exit(2)
    except click.ClickException as error:
        _give_up(" ".join(error.format_message().split()))
    except (YunbanError, LibraryError) as error:
        _give_up(str(error))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        _give_up(f"{error.filename}: {error.strerror}" if error.filename else str(error))
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)


def _give_up(line: str) -> None:
    print(f"yunban: {line}", file=sys.stderr)
    sys.exit(2)


def read_settings() -> "Settings":
    from bot.settings import Settings

    return Settings.read(os.environ)


@contextmanager
def open_database(settings: "Settings", *, migrated: bool = True) -> Iterator["Database"]:
    """The database, reachable and at the newest revision."""
    from sqlalchemy.exc import OperationalError

    from bot import migrate
    from bot.crypto import Keyring
    from bot.db import Database

    settings.need_for_data()
    db = Database.open(settings.database_url, Keyring.read(settings.data_key or ""))
    try:
        db.check()
        if migrated and not migrate.is_current(db):
            raise Invalid(f"the database is at revision {migrate.revision(db)}: run `yunban db upgrade`")
        yield db
    except OperationalError as error:
        raise db.unreachable(error) from None
    finally:
        db.close()


@contextmanager
def open_house(settings: "Settings", clock: "Clock | None" = None) -> Iterator["House"]:
    """Everything that a process which talks needs; nothing of it runs yet."""
    from bot.channels.configured import configured
    from bot.clock import SystemClock
    from bot.crypto import Keyring
    from bot.house import House
    from bot.platform_tokens import SharedToken
    from bot.published import load_library

    clock = clock or SystemClock()
    with open_database(settings) as database:
        keyring = Keyring.read(settings.data_key or "")
        tokens = SharedToken(database, keyring, f"wechat:{settings.wechat_app_id}")
        channels = configured(settings, clock, tokens)
        yield House(settings, clock, keyring, database, load_library(database, clock), channels)


@asynccontextmanager
async def running(house: "House", reception: "Reception", bell: "Bell", *, scheduler: bool) -> AsyncIterator[None]:
    """Turns are taken and, where this process has the scheduler, time is too, until the block ends."""
    from scheduler.runner import Runner

    reception.start()
    await reception.replay()
    retrying = asyncio.create_task(reception.replay_for_ever())
    stop = asyncio.Event()
    ticking = asyncio.create_task(Runner(house, bell).run(stop)) if scheduler else None
    try:
        yield
    finally:
        stop.set()
        retrying.cancel()
        if ticking is not None:
            await ticking
        await asyncio.to_thread(reception.stop)
        for channel in house.channels.values():
            await channel.close()


def receiving(house: "House", bell: "Bell") -> "Reception":
    """The reception, whose news everybody hears who listens for them."""
    from bot.reception import Reception
    from bot.spool import Spool

    def tell(news: frozenset[str]) -> None:
        for topic in news:
            bell.ring(topic)

    return Reception(house, Spool(house.settings.spool_folder, house.keyring), tell)


def web_app(*, scheduler: bool = False) -> "FastAPI":
    """What a web process serves; each of several makes its own."""
    from bot.bell import Bell
    from bot.web.app import create_app

    settings = read_settings()
    house = ExitStack().enter_context(open_house(settings))  # stays open as long as the process
    bell = Bell(settings.database_url)
    reception = receiving(house, bell)
    return create_app(house, reception, bell, lambda: running(house, reception, bell, scheduler=scheduler))


def web_app_with_scheduler() -> "FastAPI":
    return web_app(scheduler=True)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="yunban")
def yunban() -> None:
    """Yunban: follows up pregnant and postpartum women by WeChat and SMS, and brings a nurse when it matters."""


@yunban.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Web processes.")
@click.option("--no-scheduler", is_flag=True, help="Leave time to `yunban work`, on SQLite too.")
def serve(host: str, port: int, workers: int, *, no_scheduler: bool) -> None:
    """Answer women, nurses and other systems over HTTP. On SQLite the scheduler runs in this process."""
    import uvicorn

    settings = read_settings()
    settings.need_for_web()
    embedded = settings.database_url.startswith("sqlite")
    if embedded and workers > 1:
        raise click.UsageError("--workers: several web processes need PostgreSQL, see YUNBAN_DATABASE_URL")
    with open_house(settings), _listening(host, port):
        pass  # what is wrong is said here, in one line, and not by each of the processes
    app = "web_app_with_scheduler" if embedded and not no_scheduler else "web_app"
    uvicorn.run(
        f"bot.cli:{app}",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        access_log=False,  # its lines would hold openids and codes
        server_header=False,
        timeout_graceful_shutdown=STOP_SECONDS,  # open event streams would keep it for ever
    )


@yunban.command()
@click.option("--once", is_flag=True, help="Run every job until nothing is due, then end.")
def work(*, once: bool) -> None:
    """Let time pass: plan, begin follow-ups, deliver, chase escalations. Any number may run beside each other."""
    from scheduler.runner import run_once

    settings = read_settings()
    settings.need_for_channels()
    with open_house(settings) as house:
        if once:
            print(f"{asyncio.run(_closing(house, run_once(house)))} done")
        else:
            asyncio.run(_closing(house, _work_until_told_to_stop(house)))


async def _work_until_told_to_stop(house: "House") -> None:
    from bot.bell import Bell
    from scheduler.runner import Runner

    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    bell = Bell(house.settings.database_url)
    bell.start()
    try:
        await Runner(house, bell).run(stop)
    finally:
        bell.stop()


async def _closing(house: "House", doing: Awaitable[Result]) -> Result:
    try:
        return await doing
    finally:
        for channel in house.channels.values():
            await channel.close()


@yunban.command()
@click.option("--on", "day", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="Default: today.")
@click.option("--patient", metavar="ID", help="One woman: her id, or the roster's name for her.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")
def plan(day: "datetime | None", patient: str | None, *, as_json: bool) -> None:
    """Show what is or would be due on a day, and why. Sends nothing."""
    from bot.clock import SystemClock
    from dialogs.library import Library
    from scheduler.explain import explain
    from scheduler.planning import plans_of

    settings = read_settings()
    on = day.date() if day else SystemClock().now().astimezone(settings.zone).date()
    with open_database(settings) as database:
        due = explain(database, settings.zone, plans_of(Library.load(), settings), on, patient)
        if as_json:
            print(json.dumps([one.as_json(on) for one in due], ensure_ascii=False))
        else:
            for one in due:
                print("\n".join(one.lines()))


@yunban.command()
def doctor() -> None:
    """Look at settings, dialogs, database, clock, directory and channels; exit status 1 when something would fail."""
    from bot.clock import SystemClock
    from bot.doctor import examine

    async def all_is_well() -> bool:
        well = True
        async for sign in examine(os.environ, SystemClock()):
            print(f"{'ok' if sign.healthy else 'FAILS':5}  {sign.name:10}  {sign.line}", flush=True)
            well = well and sign.healthy
        return well

    sys.exit(0 if asyncio.run(all_is_well()) else 1)


@yunban.command()
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--reset", is_flag=True, help="Throw the made-up county away and begin anew.")
def demo(port: int, *, reset: bool) -> None:
    """Show everything with made-up women, against WeChat and SMS platforms on this machine, with a movable clock."""
    from bot.web.sandbox.folder import Folder

    with _listening("127.0.0.1", port) as listening:
        folder = Folder(Path("data/demo"))
        if reset:
            folder.reset()
        _show(folder, port, listening)


def _listening(host: str, port: int) -> socket.socket:
    """A socket on this address. Raises Invalid when another process has it, or it is not this machine's."""
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address, family=family)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise Invalid(f"port {port} is taken: stop what uses it, or give another with --port") from None
        raise Invalid(f"--host {host}: {error.strerror}") from None


def _show(folder: "Folder", port: int, listening: socket.socket) -> None:
    import uvicorn

    from bot import migrate
    from bot.bell import Bell
    from bot.clock import MovableClock, SystemClock
    from bot.web.app import create_app
    from bot.web.sandbox import sandbox as play
    from bot.web.sandbox import site
    from scheduler.by_hand import ByHand

    settings = folder.settings(port)
    with open_database(settings, migrated=False) as database:
        migrate.upgrade(database)
    clock = MovableClock(folder.moved)
    with open_house(settings, clock) as house:
        bell = Bell()
        reception = receiving(house, bell)
        sandbox = play.build(house, clock, bell, reception, scheduler=ByHand(house, bell), folder=folder)

        @asynccontextmanager
        async def around() -> AsyncIterator[None]:
            async with running(house, reception, bell, scheduler=False), sandbox.alive(lambda: _welcome(port, sandbox)):
                yield

        app = create_app(house, reception, bell, around, presence=SystemClock(), framed=True)
        site.join(app, sandbox)
        uvicorn.Server(
            uvicorn.Config(
                app, log_level="error", access_log=False, server_header=False, timeout_graceful_shutdown=STOP_SECONDS
            )
        ).run([listening])


def _welcome(port: int, sandbox: "Sandbox") -> None:
    here = f"http://127.0.0.1:{port}"
    print(f"sandbox   {here}/sandbox/   a woman's WeChat, a guardian's phone, a nurse's console, a clock")
    print(f"console   {here}/console")
    print(f"API       {here}/api/docs")
    for member in sandbox.cast.staff:
        print(f"sign in   {member.name}   {sandbox.passwords[member.role]}   ({member.role})")
    print("stop with Ctrl+C", flush=True)


@yunban.group()
def db() -> None:
    """The database: migrations and copies."""


@db.command()
def upgrade() -> None:
    """Bring the tables to the newest revision."""
    from bot import migrate

    with open_database(read_settings(), migrated=False) as database:
        before = migrate.revision(database)
        migrate.upgrade(database)
        print(f"{before or 'empty'} -> {migrate.revision(database)}")


@db.command()
@click.argument("file", type=FILE)
@click.option("--overwrite", is_flag=True, help="Replace FILE.")
def backup(file: Path, *, overwrite: bool) -> None:
    """Write a consistent copy of the embedded database to FILE, while it is in use."""
    from bot import backup as copies

    with open_database(read_settings(), migrated=False) as database:
        copies.backup(database, file, overwrite=overwrite)
    print(f"{file}: {file.stat().st_size} bytes")


@db.command()
@click.argument("file", type=FILE)
@click.option("--overwrite", is_flag=True, help="Replace the database that is there.")
def restore(file: Path, *, overwrite: bool) -> None:
    """Put the copy in FILE back. Stop Yunban first."""
    from bot import backup as copies
    from bot.crypto import Keyring
    from bot.db import Database

    settings = read_settings()
    settings.need_for_data()
    database = Database.open(settings.database_url, Keyring.read(settings.data_key or ""))
    copies.restore(database, file, overwrite=overwrite)
    print(f"restored from {file}; run `yunban db upgrade`")


@db.command(hidden=True)
@click.argument("why")
def draft(why: str) -> None:
    """Write the next revision from what models/ has and the newest revision lacks (developers: `make migration`)."""
    import tempfile

    from bot import migrate
    from bot.crypto import Keyring
    from bot.db import Database

    with tempfile.TemporaryDirectory() as folder:
        database = Database.open(f"sqlite:///{folder}/draft.db", Keyring([bytes(32)]))
        if migrate.revisions():
            migrate.upgrade(database)
        migrate.draft(database, why)
        database.close()


@yunban.group()
def wechat() -> None:
    """The official account."""


@wechat.command("menu")
def wechat_menu() -> None:
    """Publish the menu of dialogs/menu.yaml under every chat of the account."""
    from bot.channels.wechat import WeChatChannel
    from bot.channels.wechat_menu import buttons
    from models.values import ChannelKind

    settings = read_settings()
    settings.need("wechat_app_id", "wechat_app_secret")
    with open_house(settings) as house:
        account = house.channels[ChannelKind.WECHAT]
        assert isinstance(account, WeChatChannel)  # noqa: S101 - `configured` makes no other

        async def publish() -> None:
            try:
                await account.publish_menu(buttons(house.library.menu))
            finally:
                await account.close()

        asyncio.run(publish())
    print(f"{sum(len(group.items) for group in house.library.menu.groups)} items published")


@yunban.group()
def staff() -> None:
    """The people who sign in to the console."""


@staff.command("add")
@click.argument("name")
@click.option("--role", type=click.Choice(["nurse", "supervisor", "county", "admin"]), required=True)
@click.option("--facility", metavar="CODE", help="Where she works; county and admin may do without.")
@click.option("--password-stdin", is_flag=True, help="Read the password from stdin instead of making one up.")
def staff_add(name: str, role: str, facility: str | None, *, password_stdin: bool) -> None:
    """Add NAME, who signs in with this name."""
    import secrets

    from bot.clock import SystemClock
    from bot.staff import add_staff
    from models.values import StaffRole

    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else secrets.token_urlsafe(12)
    with open_database(read_settings()) as database, database.transaction() as session:
        add_staff(session, name, StaffRole(role), facility=facility, password=password, now=SystemClock().now())
    print(f"{name} may sign in" if password_stdin else f"{name} may sign in with the password {password}")


@yunban.group()
def roster() -> None:
    """The women in care, as .xlsx or .csv."""


@roster.command("import")
@click.argument("file", type=FILE)
@click.option("--dry-run", is_flag=True, help="Report the same and write nothing.")
def roster_import(file: Path, *, dry_run: bool) -> None:
    """Take in every good row of FILE and name every bad one."""
    from bot.clock import SystemClock
    from bot.crypto import Keyring
    from bot.roster import import_roster

    settings = read_settings()
    with open_database(settings) as database:
        keyring = Keyring.read(settings.data_key or "")
        report = import_roster(database, keyring, file, now=SystemClock().now(), zone=settings.zone, dry_run=dry_run)
    _print_report(report.lines(), file, nothing_taken=report.nothing_taken)


@roster.command("export")
@click.argument("file", type=FILE)
def roster_export(file: Path) -> None:
    """Write every woman with an open pregnancy to FILE, infection included: keep it safe."""
    from bot.roster_export import export_roster

    with open_database(read_settings()) as database:
        print(f"{file}: {export_roster(database, file)} women")


@roster.command("template")
@click.argument("file", type=FILE)
def roster_template(file: Path) -> None:
    """Write an empty roster with its headings and one example to FILE."""
    from bot.roster_export import write_template

    write_template(file)
    print(file)


@roster.command("invitations")
@click.argument("file", type=FILE)
@click.option("--facility", metavar="CODE", help="Only the women of this institution.")
def roster_invitations(file: Path, facility: str | None) -> None:
    """Write a code to scan for every woman without WeChat to FILE (.xlsx). It opens her record: keep it safe."""
    from bot.card_file import write_cards

    settings = read_settings()
    settings.need_for_channels()
    with open_house(settings) as house:
        print(f"{file}: {asyncio.run(_closing(house, write_cards(house, file, facility)))} women")


@yunban.group()
def facility() -> None:
    """The directory of hospitals, clinics and their numbers."""


@facility.command("import")
@click.argument("file", type=FILE)
def facility_import(file: Path) -> None:
    """Insert or replace the institutions of FILE (.xlsx, .csv) by their code."""
    from bot.clock import SystemClock
    from bot.directory import import_facilities

    with open_database(read_settings()) as database:
        report = import_facilities(database, file, SystemClock().now())
    _print_report(report.lines(), file, nothing_taken=report.nothing_taken)


def _print_report(lines: Iterator[str], file: Path, *, nothing_taken: bool) -> None:
    """Exit status 2 only when not a single row could be taken."""
    for line in lines:
        print(f"{file.name}: {line}")
    if nothing_taken:
        sys.exit(2)


@yunban.group()
def token() -> None:
    """The bearer tokens of other systems."""


@token.command("add")
@click.argument("name")
@click.option("--scope", type=click.Choice(["read", "write"]), required=True)
def token_add(name: str, scope: str) -> None:
    """Print a token for the system NAME, once."""
    from bot.clock import SystemClock
    from bot.staff import Scope, add_token

    with open_database(read_settings()) as database, database.transaction() as session:
        made = add_token(session, name, Scope(scope), SystemClock().now())
    print(made)


@token.command("revoke")
@click.argument("name")
def token_revoke(name: str) -> None:
    """Let the token of the system NAME open nothing any more."""
    from bot.clock import SystemClock
    from bot.staff import revoke_token

    with open_database(read_settings()) as database, database.transaction() as session:
        revoke_token(session, name, SystemClock().now())


@yunban.group()
def dialogs() -> None:
    """What Yunban can say: scripts in dialogs/scripts/."""


@dialogs.command("check")
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False), required=False)
@click.option("--record", is_flag=True, help="Note new versions in digests.yaml, as a release does.")
def dialogs_check(folder: Path | None, *, record: bool) -> None:
    """Name everything wrong with the shipped scripts and lessons, or the scripts of FOLDER: place, path and reason."""
    from dialogs import lint
    from dialogs.library import DIGESTS_FILE, Library

    if record:
        library, shipped = Library.load(folder), Path(lint.__file__).parent
        notes = {folder or shipped / "scripts": lint.digests(library.scripts.values(), library)}
        if folder is None:
            notes[shipped / "education"] = lint.digests(library.lessons.values(), library)
        for place, note in notes.items():
            (place / DIGESTS_FILE).write_text(note, encoding="utf-8")
    problems = lint.check(folder)
    for problem in problems:
        print(f"yunban: {problem}", file=sys.stderr)
    if problems:
        sys.exit(2)
    library = Library.load(folder)
    print(f"{len(library.scripts)} scripts and {len(library.lessons)} lessons, nothing wrong")


@dialogs.command("list")
def dialogs_list() -> None:
    """Print the id, version, languages and title of each script, then id, version, phase and title of each lesson."""
    from dialogs.library import Library

    library = Library.load()
    for script in sorted(library.scripts.values(), key=lambda script: script.id):
        print(f"{script.id:28} {script.version:>3}  {','.join(script.languages):14} {script.title}")
    for lesson in sorted(library.lessons.values(), key=lambda lesson: (lesson.phase, lesson.tell or 0, lesson.id)):
        print(f"{lesson.id:32} {lesson.version:>3}  {lesson.phase:14} {lesson.title}")


@dialogs.command("graph")
@click.argument("script")
def dialogs_graph(script: str) -> None:
    """Print SCRIPT as a Mermaid flowchart."""
    from dialogs.graph import mermaid
    from dialogs.library import Library

    library = Library.load()
    print(mermaid(library.script(_known(script, library))), end="")


@dialogs.command("rules")
def dialogs_rules() -> None:
    """Print the danger signs as a table in Markdown, which a clinical lead signs row by row."""
    from dialogs.library import Library
    from dialogs.triage.table import rules_table

    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    print(rules_table(Library.load()), end="")


@dialogs.command("play")
@click.argument("script")
@click.option("--as", "settings", default="", metavar="'name=… week=32'", help="Facts and records of the woman.")
@click.option("--save", type=FILE, metavar="FILE", help="Write the transcript when the talk is over.")
def dialogs_play(script: str, settings: str, save: Path | None) -> None:
    """Talk to SCRIPT in the terminal; end with Ctrl-D."""
    from dialogs.library import Library
    from dialogs.lines import Label
    from dialogs.play import Play, Transcript, TranscriptError, cast
    from models.values import Language

    library = Library.load()
    she = library.wording(Label.SHE, Language.ZH_CN, {})
    typed = []
    try:
        play = Play(library, cast(settings))
    except TranscriptError as error:
        raise Invalid(f"--as: {error}") from None
    print("\n".join(play.begin(_known(script, library))))
    while play.snapshot.session is not None:
        try:
            typed.append(input(f"{she}: "))
        except EOFError:
            print()
            break
        print("\n".join(play.hear(typed[-1].strip())))
    if save:
        talk = Transcript(f"# {library.script(script).title}", settings, tuple(f"{she}: {line}" for line in typed))
        save.write_text(talk.play(library, script)[0], encoding="utf-8")


def _known(script: str, library: "Library") -> str:
    known = [*library.scripts, *library.lessons]
    if script not in known:
        near = difflib.get_close_matches(script, known, n=1)
        raise Invalid(f"no script {script}{f', did you mean {near[0]}?' if near else ''}")
    return script


@yunban.command()
@click.argument("text", required=False)
@click.option("--week", type=click.FloatRange(0, 45), metavar="N", help="Weeks of pregnancy.")
@click.option("--postpartum-day", type=click.IntRange(0, 3660), metavar="N", help="Days since the birth.")
@click.option("--newborn-day", type=click.IntRange(0, 3660), metavar="N", help="Age of the baby in days.")
@click.option("--condition", "conditions", multiple=True, metavar="NAME", help="On her record; any number of them.")
@click.option("--lang", default="zh", show_default=True, metavar="zh|ko|en", help="The language of the reply.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--jsonl", is_flag=True, help="Read questions from stdin, one JSON object a line, and answer each.")
def triage(
    text: str | None,
    *,
    week: float | None,
    postpartum_day: int | None,
    newborn_day: int | None,
    conditions: tuple[str, ...],
    lang: str,
    as_json: bool,
    jsonl: bool,
) -> None:
    """Judge how soon a human must act on TEXT. Needs no database and keeps nothing.

    At most one of --week, --postpartum-day and --newborn-day.
    """
    from bot.judging import known_conditions, read_question, read_questions, readable
    from dialogs.library import Library

    if jsonl is (text is not None):
        raise click.UsageError("give TEXT or --jsonl")
    stages = {"gestational_week": week, "postpartum_day": postpartum_day, "newborn_age_days": newborn_day}
    given = sum(stage is not None for stage in stages.values())
    if given > 1:
        raise click.UsageError("give one of --week, --postpartum-day, --newborn-day")
    if jsonl and (given or conditions):
        raise click.UsageError("--jsonl: what is known of her stands in each line, not in an option")
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    if jsonl:
        library = Library.load()
        for question in read_questions(sys.stdin.buffer, "stdin"):
            print(json.dumps(question.answer(library), ensure_ascii=False), flush=True)
        return
    library = Library.load()
    known = stages | {"conditions": known_conditions(conditions, library)}
    question = read_question({"text": text, "lang": lang, "context": known})
    print(json.dumps(question.answer(library), ensure_ascii=False) if as_json else readable(question, library))


if __name__ == "__main__":
    main()
