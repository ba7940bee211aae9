"""plaudit-site demo | serve | work | award | token | backup | fsck | …: what an operator types.

Settings come from the environment (docs/settings.md). A wrong one refuses to start: one line that names it,
and exit code 78.
"""

import argparse
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from plaudit_site import serving

DEMO_DATA = Path("var")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; answers the code to exit with."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    if arguments[:1] == ["manage"]:  # everything after it is Django's, options too
        return _guarded(lambda: manage(arguments[1:]))
    options = parser().parse_args(arguments)
    return _guarded(lambda: int(options.run(options)))


def parser() -> argparse.ArgumentParser:
    """Every command and option; the README's table is compared with it."""
    whole = argparse.ArgumentParser(prog="plaudit-site", description="Run a Plaudit site.")
    commands = whole.add_subparsers(title="commands", required=True, metavar="COMMAND")

    def command(name: str, run: Callable[[Any], int], words: str | None) -> argparse.ArgumentParser:
        # A command without words is one that the supervisor or an engine calls; help does not list it.
        made = commands.add_parser(name, help=words) if words else commands.add_parser(name)
        made.description = words
        made.set_defaults(run=run)
        return made

    demo = command("demo", run_demo, "a whole site with demo data, for trying out")
    demo.add_argument("--reset", action="store_true", help="throw the demo's data away first")
    serve = command("serve", run_serve, "the web server and the embedded worker")
    serve.add_argument(
        "--no-migrate", action="store_true", help="refuse, instead of migrating, an older database"
    )
    serve.add_argument(
        "--accept-loss", action="store_true", help="start without the journal that is gone for good"
    )
    work = command("work", run_work, "a worker alone (several machines need PostgreSQL)")
    _of_award(command("award", run_award, "award a list (CSV, XLSX) from the terminal"))
    _of_token(command("token", run_token, "make a token for a program; it is printed once"))
    bounces = command("bounces", run_bounces, "note the mails that came back, from a maildir")
    bounces.add_argument(
        "maildir", type=Path, nargs="?", metavar="MAILDIR", help="default: PLAUDIT_BOUNCE_MAILDIR"
    )
    backup = command("backup", run_backup, "copy database and files; the key file is copied apart")
    backup.add_argument("directory", type=Path, metavar="DIR", help="where to write; must be new or empty")
    export = command("export-static", run_export, "the public pages and files, for any web server to show")
    export.add_argument("directory", type=Path, metavar="DIR", help="where to write; new, or an older copy")
    fsck = command("fsck", run_fsck, "is everything as it should be? names what is not")
    fsck.add_argument("--json", action="store_true", help="the findings for a program")
    fsck.add_argument("--quick", action="store_true", help="digests and rows alone, no signatures")
    command("manage", lambda _: 0, "Django's management commands")
    web = command("web", run_web, None)
    prepare = command("prepare", run_prepare, None)
    command("alive", run_alive, None)
    for child in (work, web):
        child.add_argument("--parent", type=int, help=argparse.SUPPRESS)
    for option in ("--no-migrate", "--accept-loss"):
        prepare.add_argument(option, action="store_true")
    prepare.add_argument("--demo", action="store_true")
    return whole


def _of_award(award: argparse.ArgumentParser) -> None:
    award.add_argument("file", nargs="?", metavar="FILE", help="CSV or XLSX; - reads standard input")
    award.add_argument("--issuer", required=True, metavar="SLUG", help="who awards")
    award.add_argument("--badge", default="", help="id or title, for lines that name none")
    award.add_argument("--as", dest="acting", default="", metavar="ADDRESS", help="default: the first owner")
    award.add_argument("--yes", action="store_true", help="start without asking")
    award.add_argument("--dry-run", action="store_true", help="tell the problems, award nothing")
    order = award.add_mutually_exclusive_group()
    order.add_argument(
        "--day-first", action="store_true", default=None, help="3/4/2026 is the third of April"
    )
    order.add_argument(
        "--month-first", dest="day_first", action="store_false", help="it is the fourth of March"
    )
    award.add_argument("--map", action="append", metavar="COLUMN=HEADING", help="which column is which")
    award.add_argument(
        "--send-at",
        default="",
        metavar="MOMENT",
        help="later: 2027-01-31T09:00:00Z; until then it can be called off",
    )
    award.add_argument("--work", action="store_true", help="do the work here; for a site that does not run")
    award.add_argument("--stop", default="", metavar="LIST", help="instead: stop a list that was started")
    award.add_argument("--undo", default="", metavar="LIST", help="instead: take back all that a list did")
    award.add_argument("--reason", default="", help="of --undo; it is public")


def _of_token(token: argparse.ArgumentParser) -> None:
    token.add_argument("--issuer", required=True, metavar="SLUG", help="for whom")
    token.add_argument("--name", required=True, help="the program that will use it")
    token.add_argument(
        "--scope",
        action="append",
        choices=("read", "award", "revoke", "webhooks"),
        help="default: read and award",
    )
    token.add_argument("--days", type=int, default=90, help="default: 90; 0: until it is revoked")
    token.add_argument("--as", dest="acting", default="", metavar="ADDRESS", help="default: the first owner")


def _guarded(run: Callable[[], int]) -> int:
    """Runs it; a wrong setting becomes one line instead of a traceback."""
    from django.core.exceptions import ImproperlyConfigured

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "plaudit_site.settings")
    os.umask(0o027)  # what a site writes is nobody else's to read
    try:
        return run()
    except ImproperlyConfigured as error:
        serving.say(f"plaudit-site: {' '.join(str(error).split())}")
        return serving.WRONG_SETTING
    except serving.PortTaken as error:
        serving.say(f"plaudit-site: {error}")
        return 1
    except KeyboardInterrupt:
        return 130


def manage(arguments: list[str]) -> int:
    """Django's own command line."""
    from django.core.management import execute_from_command_line

    execute_from_command_line(["plaudit-site manage", *arguments])
    return 0


def run_serve(options: argparse.Namespace) -> int:
    """The process tree; ends when told to."""
    chosen = {"--no-migrate": options.no_migrate, "--accept-loss": options.accept_loss}
    return _serve([option for option, is_chosen in chosen.items() if is_chosen])


def run_demo(options: argparse.Namespace) -> int:
    """The site with demo data, in a data directory of its own."""
    os.environ["PLAUDIT_DEMO"] = "1"
    os.environ.setdefault("PLAUDIT_DATA_DIR", str(_demo_directory(os.environ.get("PORT", ""))))
    from django.conf import settings

    if options.reset:
        _forget_demo(Path(settings.DATA_DIR))

    def announce() -> None:
        from plaudit_site.demo import announcing

        announcing.announce(Path(settings.DATA_DIR), settings.BASE_URL, settings.HOST, settings.PORT)

    return _serve(["--demo"], announce)


def _demo_directory(port: str) -> Path:
    """One for each port: a site keeps the address it was made with."""
    return DEMO_DATA / ("demo" if port in {"", "8000"} else f"demo-{port}")


def _forget_demo(directory: Path) -> None:
    """Removes a demo's data; only what a demo made."""
    import shutil

    from django.core.exceptions import ImproperlyConfigured

    if not directory.is_dir() or not any(directory.iterdir()):
        return
    if not (directory / "demo.json").exists() and not _only_ours(directory):
        raise ImproperlyConfigured(
            f"PLAUDIT_DATA_DIR={directory} holds no demo (there is no demo.json); nothing was removed."
        )
    shutil.rmtree(directory)


def _only_ours(directory: Path) -> bool:
    """A demo that was stopped before it was complete: nothing but what start-up makes."""
    made = {"plaudit.key", "plaudit.sqlite3", "plaudit.sqlite3-wal", "plaudit.sqlite3-shm", "static", "media"}
    return directory.parent == DEMO_DATA.absolute() and {
        entry.name for entry in directory.iterdir()
    } <= made | {"start.lock", "storing.turn", "journal", "uploads"}


def _serve(preparing: list[str], once_started: Callable[[], None] | None = None) -> int:
    import subprocess

    from django.conf import settings

    serving.check_port(settings.HOST, settings.PORT)
    # In a process of its own: the supervisor stays small, and free of connections and threads.
    prepared = subprocess.run(
        [sys.executable, "-m", "plaudit_site", "prepare", *preparing], check=False
    ).returncode
    if prepared:
        return prepared
    return serving.Supervisor(serving.commands(sys.executable, settings.WORKERS)).run(once_started)


def run_prepare(options: argparse.Namespace) -> int:
    """Everything that must be true before the first request."""
    import django

    django.setup()
    from plaudit_site import preparing

    code = preparing.prepare(migrate=not options.no_migrate, accept_loss=options.accept_loss)
    if options.demo and not code:
        from plaudit_site.demo import loading

        loading.load()
    return code


def run_alive(_options: argparse.Namespace) -> int:
    """0 when the web server answers where the settings say that it listens: what a container's engine asks."""
    from django.conf import settings

    return 0 if serving.is_alive(settings.HOST, settings.PORT, settings.SITE_HOST) else 1


def run_web(options: argparse.Namespace) -> int:
    """The web server alone; `serve` starts it."""
    if options.parent:
        serving.die_with(options.parent)
    from django.conf import settings

    serving.serve_web(
        settings.HOST,
        settings.PORT,
        workers=settings.WEB_WORKERS,
        log_level=settings.LOG_LEVEL,
    )
    return 0


def run_work(options: argparse.Namespace) -> int:
    """The worker: runs the site's jobs until told to stop."""
    if options.parent:
        serving.die_with(options.parent)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    import django

    django.setup()
    from plaudit_site import work

    work.run_forever(stop)
    return 0


def run_award(options: argparse.Namespace) -> int:
    """A list awarded from the terminal; codes to exit with: docs/api.md."""
    if not (options.file or options.stop or options.undo):
        serving.say("plaudit-site: name a FILE, or - for standard input")
        return 2
    import django

    django.setup()
    from plaudit_site import work
    from plaudit_site.commands import awarding

    return awarding.run(options, work.run_once)


def run_token(options: argparse.Namespace) -> int:
    """A token for a program, on standard output."""
    import django

    django.setup()
    from plaudit_site.commands import tokens

    return tokens.run(options)


def run_bounces(options: argparse.Namespace) -> int:
    """Every new mail of the maildir, once."""
    import django
    from django.conf import settings

    django.setup()
    from plaudit_site.mail import bouncing

    maildir = options.maildir or (Path(settings.BOUNCE_MAILDIR) if settings.BOUNCE_MAILDIR else None)
    if maildir is None or not (maildir / "new").is_dir():
        serving.say(
            f"plaudit-site: {maildir or 'PLAUDIT_BOUNCE_MAILDIR'} is no maildir: it has no directory new/"
        )
        return 1
    counted = bouncing.process(maildir)
    words = ", ".join(f"{number} {what}" for what, number in sorted(counted.items()))
    serving.say(f"plaudit-site: {words or 'no new mail'}")
    return 0


def run_backup(options: argparse.Namespace) -> int:
    """A copy of database and files that fit together."""
    import django

    django.setup()
    from plaudit_site import backup

    return backup.write(options.directory, serving.say)


def run_export(options: argparse.Namespace) -> int:
    """The public side as plain files; goes on where an earlier run was stopped."""
    import django

    django.setup()
    from plaudit_site.commands import static_export

    return static_export.run(options.directory)


def run_fsck(options: argparse.Namespace) -> int:
    """Looks at everything and changes nothing; 1 when something is wrong."""
    import django

    django.setup()
    from plaudit_site.commands import fsck

    return fsck.run(options)


if __name__ == "__main__":
    sys.exit(main())
