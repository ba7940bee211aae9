"""Mails rendered and handed to a local SMTP sink (aiosmtpd, a process of its own) by one worker."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import measuring

SINK = """
import asyncio, sys
from aiosmtpd.controller import Controller

class Sink:
    async def handle_DATA(self, server, session, envelope):
        return "250 OK"

controller = Controller(Sink(), hostname="127.0.0.1", port=int(sys.argv[1]), enable_SMTPUTF8=True)
controller.start()
print("ready", flush=True)
sys.stdin.read()
controller.stop()
"""
MAILS = 200


def measure() -> dict[str, float]:
    """Everything that needs Django: in this process, which was started with settings of its own."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.utils import timezone

    from plaudit_site import leases
    from plaudit_site.mail import delivering, renderers, return_paths
    from plaudit_site.mail.building import build
    from plaudit_site.mail.models import Lane, Message
    from tests import people

    call_command("migrate", verbosity=0, interactive=False)
    call_command("createcachetable", verbosity=0)
    from plaudit_site.awards import awarding, welcoming
    from plaudit_site.issuers import founding

    founding.first_start()
    welcoming.ensure_badge()
    world = people.make_world()
    count, rounds = int(os.environ["BENCH_MAILS"]), int(os.environ["BENCH_ROUNDS"])
    for number in range(count):
        awarding.award(
            world.badge,
            address=f"person{number}@d{number % 97}.example",
            name=f"Person {number}",
            by=world.ben,
        )
    worker = leases.worker_name()
    people.run_worker()
    invitations = Message.objects.filter(kind="invitation")
    wall, cpu = [], []
    for _ in range(rounds):
        invitations.update(
            state="queued",
            due_at=timezone.now(),
            attempts=0,
            handing_over=False,
            handed_at=None,
            sent_at=None,
        )
        began, spent, done = time.perf_counter(), time.process_time(), 0
        while made := delivering.deliver_some(worker, lanes=(Lane.INVITATIONS,)):
            done += made
        wall.append(done / (time.perf_counter() - began))
        cpu.append(done / (time.process_time() - spent))
        assert invitations.filter(state="sent").count() == count, "a mail did not leave"
    rows = list(invitations[:100])
    spent = time.process_time()
    for row in rows:
        rendered = renderers.render(row.kind, row.subject_id, row.language, row.context)
        build(rendered, message_id=row.message_id, sender_address="badges@localhost", at=timezone.now())
    render = len(rows) / (time.process_time() - spent)
    data = build(rendered, message_id=row.message_id, sender_address="badges@localhost", at=timezone.now())
    way = delivering.transport()
    began = time.perf_counter()
    for row in rows * 3:
        way.hand_over(return_paths.return_path(row), "a@d.example", data)
    sink = 3 * len(rows) / (time.perf_counter() - began)
    way.close()
    return {"wall": statistics.median(wall), "cpu": statistics.median(cpu), "render": render, "sink": sink}


def main() -> None:
    chosen = measuring.options(__doc__)
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    sink = subprocess.Popen(
        [sys.executable, "-c", SINK, str(port)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert sink.stdout is not None
    sink.stdout.readline()
    root = measuring.HERE.parent
    try:
        with tempfile.TemporaryDirectory() as folder:
            environment = {
                **os.environ,
                "DJANGO_SETTINGS_MODULE": "plaudit_site.settings",
                "PYTHONPATH": f"{root / 'src'}{os.pathsep}{root}",
                "PLAUDIT_DATA_DIR": folder,
                "DATABASE_URL": os.environ.get("BENCH_DATABASE_URL", ""),
                "PLAUDIT_LOG_LEVEL": "ERROR",
                "PLAUDIT_NEW_ISSUER_DAILY_MAILS": "1000000",
                "PLAUDIT_BOUNCE_ADDRESS": "bounces@plaudit.example",
                "PLAUDIT_MAIL_DOMAIN_A_MINUTE": "1000000",
                "EMAIL_URL": f"smtp://127.0.0.1:{port}",
                "BENCH_MAILS": str(MAILS),
                "BENCH_ROUNDS": str(chosen.rounds),
            }
            done = subprocess.run(
                [sys.executable, str(Path(__file__)), "--measure"],
                env=environment,
                capture_output=True,
                text=True,
            )
    finally:
        sink.communicate("")
    if done.returncode:
        sys.exit(done.stderr[-3000:])
    got = json.loads(done.stdout.splitlines()[-1])
    measuring.show(
        [
            measuring.Line("mails rendered and handed to a local sink, one worker", "1/s", got["wall"],
                           limit=got["sink"], goal="≥ 500/s"),
            measuring.Line("the same, per second of the worker's processor time", "1/cpu-s", got["cpu"]),
            measuring.Line("of which rendering and building alone", "1/cpu-s", got["render"]),
        ],
        chosen,
    )  # fmt: skip


if __name__ == "__main__":
    if sys.argv[1:] == ["--measure"]:
        print(json.dumps(measure()))
    else:
        main()
