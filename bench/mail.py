"""Mails rendered and handed to a local SMTP sink (a process of its own) by one worker.

The sink is a bare asyncio protocol that offers PIPELINING and answers as soon as it can; aiosmtpd, which checks each
line, takes some 400 mails a second and would be the limit itself. What the sink takes when the bytes are ready is
measured in the same run, over the same connection code.
"""

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

class Sink(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport, self.buffer, self.in_content = transport, bytearray(), False
        transport.write(b"220 sink ready\\r\\n")

    def data_received(self, data):
        self.buffer += data
        answers = []
        while True:
            end = b"\\r\\n.\\r\\n" if self.in_content else b"\\r\\n"
            at = self.buffer.find(end)
            if at < 0:
                break
            line = bytes(self.buffer[: min(at, 5)]).upper()
            del self.buffer[: at + len(end)]
            if self.in_content:
                self.in_content = False
                answers.append(b"250 taken\\r\\n")
            elif line.startswith(b"EHLO"):
                answers.append(b"250-sink\\r\\n250-PIPELINING\\r\\n250 8BITMIME\\r\\n")
            elif line.startswith(b"DATA"):
                self.in_content = True
                answers.append(b"354 go on\\r\\n")
            elif line.startswith(b"QUIT"):
                answers.append(b"221 bye\\r\\n")
            else:
                answers.append(b"250 fine\\r\\n")
        if answers:
            self.transport.write(b"".join(answers))

async def main():
    server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", int(sys.argv[1]))
    print("ready", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    server.close()

asyncio.run(main())
"""


def measure() -> dict[str, float]:
    """Everything that needs Django: in this process, which was started with settings of its own."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.utils import timezone

    from plaudit_site import leases
    from plaudit_site.mail import delivering, renderers, return_paths, transports
    from plaudit_site.mail.building import build
    from plaudit_site.mail.models import Lane, Message
    from tests import people

    call_command("migrate", verbosity=0, interactive=False)
    call_command("createcachetable", verbosity=0)
    from plaudit_site.awards import claiming, welcoming
    from plaudit_site.awards.models import Award
    from plaudit_site.issuers import founding

    founding.first_start()
    welcoming.ensure_badge()
    world = people.make_world()
    count, rounds = int(os.environ["BENCH_MAILS"]), int(os.environ["BENCH_ROUNDS"])
    awards = Award.objects.bulk_create(
        Award(
            issuer=world.issuer,
            version=world.badge.current,
            address=f"person{number}@d{number % 97}.example",
            name=f"Person {number} d’Ünique <{number}>",
            state="waiting",
        )
        for number in range(count)
    )
    keys, ids = [award.pk for award in awards], [award.public_id for award in awards]
    claiming.invite_many(keys, ids, ["en"] * count)
    worker = leases.worker_name()
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
    rows = list(invitations[:500])
    wanted = [renderers.Wanted(row.subject_id, row.language, row.context) for row in rows]
    spent = time.process_time()
    data = []
    for begin in range(0, len(rows), delivering.MOST_IN_A_GROUP):
        group = slice(begin, begin + delivering.MOST_IN_A_GROUP)
        rendered = renderers.render_many("invitation", wanted[group])
        data += [
            build(one, message_id=row.message_id, sender_address="badges@localhost", at=timezone.now())
            for row, one in zip(rows[group], rendered, strict=True)
        ]
    render = len(rows) / (time.process_time() - spent)
    way = transports.transport()
    letters = [
        transports.Letter(return_paths.return_path(row), "a@d.example", one)
        for row, one in zip(rows, data, strict=True)
    ]
    began = time.perf_counter()
    for _ in range(10):
        assert all(outcome.state == "sent" for outcome in way.hand_over_all(letters))
    sink = 10 * len(rows) / (time.perf_counter() - began)
    way.close()
    return {"wall": statistics.median(wall), "cpu": statistics.median(cpu), "render": render, "sink": sink}


def main() -> None:
    import socket

    parser = measuring.arguments(__doc__)
    parser.add_argument("--database", default="", help="a DATABASE_URL of PostgreSQL; SQLite when left out")
    parser.add_argument("--mails", type=int, default=3000, help="in a round; default: 3000")
    chosen = parser.parse_args()

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
        with tempfile.TemporaryDirectory() as folder, measuring.a_database(chosen.database) as database:
            measuring.begin_with_tables(Path(folder))
            environment = {
                **os.environ,
                "DJANGO_SETTINGS_MODULE": "plaudit_site.settings",
                "PYTHONPATH": f"{root / 'src'}{os.pathsep}{root}",
                "PLAUDIT_DATA_DIR": folder,
                "DATABASE_URL": database,
                "PLAUDIT_LOG_LEVEL": "ERROR",
                "PLAUDIT_NEW_ISSUER_DAILY_MAILS": "1000000",
                "PLAUDIT_BOUNCE_ADDRESS": "bounces@plaudit.example",
                "PLAUDIT_MAIL_DOMAIN_A_MINUTE": "1000000",
                "EMAIL_URL": f"smtp://127.0.0.1:{port}",
                "BENCH_MAILS": str(chosen.mails),
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
    where = "PostgreSQL" if chosen.database else "SQLite"
    got = json.loads(done.stdout.splitlines()[-1])
    measuring.show(
        [
            measuring.Line(f"mails rendered and handed to a local sink, one worker ({where})", "1/s", got["wall"],
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
