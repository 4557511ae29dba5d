"""What a child that reads a hostile PDF may reach: its papers to read, its work folder to write, no network, no program.

Linux confines a process by itself, without rights or set-up: seccomp(2) refuses system calls, landlock(7) refuses paths.
Where the kernel or the machine's architecture has neither, `missing()` says so, and the run prints it.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import re
import struct
import sys
import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from builder.edges.store import SCRATCH
from builder.errors import UsageError

# include/uapi/linux/{prctl,seccomp,landlock,audit}.h
_PR_SET_NO_NEW_PRIVS = 38
_SECCOMP_SET_MODE_FILTER, _SECCOMP_FILTER_FLAG_TSYNC = 1, 1
_ALLOW, _ERRNO, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_LOAD, _IF_EQUAL, _IF_AT_LEAST, _IF_SET, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06  # BPF: ld [k]; jeq; jge; jset; ret
_X32 = 0x40000000  # the same calls of the x32 ABI go by their number and this bit: another way to each
_NUMBER, _ARCH, _FIRST_ARGUMENT = 0, 4, 16  # offsets in struct seccomp_data
_CLONE_THREAD = 0x00010000
_LANDLOCK_VERSION, _PATH_BENEATH = 1, 1
_WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 1, 1 << 2, 1 << 3
_TRUNCATE, _ON_DEVICES = 1 << 14, 1 << 15
_FILE_RIGHTS = 1 | _WRITE_FILE | _READ_FILE | _TRUNCATE | _ON_DEVICES
_FS_RIGHTS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}  # handled, by the version of Landlock
# Devices, sockets, pipes and links: traps for who reads a folder later.
_SPECIAL = 1 << 6 | 1 << 9 | 1 << 10 | 1 << 11 | 1 << 12
_READS, _CHANGES = _READ_FILE | _READ_DIR, ((1 << 15) - 2) & ~_SPECIAL  # changes: all but to execute
_SIGNALS_AND_SOCKETS, _SCOPED = 3, 6  # from that version of Landlock on no signal and no abstract socket leaves the child


@dataclass(frozen=True)
class _Machine:
    """System call numbers of one architecture."""

    audit: int
    seccomp: int
    clone: int
    refused: tuple[int, ...]  # socket, execve, execveat, ptrace, process_vm_readv, process_vm_writev, fork, vfork
    unguarded: tuple[int, ...]  # what Landlock lets pass: chmod, chown, utime, setxattr and their kin, truncate by path
    shared: tuple[int, ...]  # of the user or the kernel: keys, namespaces, bpf, perf, userfaultfd; shm, sem, msg, mq: get, ctl
    prlimit: int  # of another process than itself: the driver's own limits


_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446  # the same everywhere, as all from 424 on
_FCHMODAT2, _SETXATTRAT, _REMOVEXATTRAT = 452, 463, 466  # unguarded, too
_CLONE3, _IO_URING = 435, 425  # clone3's flags are in memory, which a filter cannot read: libc goes back to clone
_MACHINES = {
    "x86_64": _Machine(
        0xC000003E, 317, 56, (41, 59, 322, 101, 310, 311, 57, 58),
        (90, 91, 268, 92, 93, 94, 260, 132, 235, 261, 280, 188, 189, 190, 197, 198, 199, 76),
        (248, 249, 250, 272, 308, 321, 298, 323, 29, 31, 64, 66, 68, 71, 240, 241), 302,
    ),
    "aarch64": _Machine(
        0xC00000B7, 277, 220, (198, 221, 281, 117, 270, 271), (52, 53, 54, 55, 88, 5, 6, 7, 14, 15, 16, 45),
        (217, 218, 219, 97, 268, 280, 241, 282, 194, 195, 190, 191, 186, 187, 180, 181), 261,
    ),
}  # fmt: skip
_OF_THE_SYSTEM = (
    "/usr", "/lib", "/lib64", "/etc", "/opt", "/sys/devices/system", "/sys/fs/cgroup", "/proc/self", "/proc/meminfo",
    "/proc/cpuinfo", "/proc/stat", "/dev/null", "/dev/zero", "/dev/urandom", "/dev/random",
)  # fmt: skip
_SECRET = re.compile(r"KEY|TOKEN|SECRET|PASSW|CREDENTIAL", re.I)


@dataclass(frozen=True)
class Fence:
    """What stays in reach beside the system and Python: folders to read and to write."""

    reads: tuple[Path, ...] = ()
    writes: tuple[Path, ...] = ()

    def scratch(self) -> Path | None:
        """A new name for one child's temporary files, in the first folder that it may write to."""
        if not self.writes:
            return None
        first = self.writes[0]
        return (first if first.name == SCRATCH else first / SCRATCH) / uuid.uuid4().hex[:16]

    def shut(self, scratch: Path | None = None) -> None:
        """Confine this process for good; threads that it has by now stay outside.

        Raises UsageError where a kernel that can do it refuses to.
        """
        for name in [name for name in os.environ if _SECRET.search(name)]:
            _wipe(name)
        if scratch:
            scratch.mkdir(parents=True, exist_ok=True)
            os.environ["TMPDIR"] = tempfile.tempdir = str(scratch)
        if sys.platform != "linux":
            return
        libc = ctypes.CDLL(None, use_errno=True)
        _checked(libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
        if version := _landlock_version():
            self._restrict_paths(libc, version)
        if machine := _MACHINES.get(platform.machine()):
            _refuse_calls(libc, machine)

    def _restrict_paths(self, libc: ctypes.CDLL, version: int) -> None:
        handled = _FS_RIGHTS[max(known for known in _FS_RIGHTS if known <= version)]
        wanted = struct.pack("QQQ", handled, 0, _SIGNALS_AND_SOCKETS if version >= _SCOPED else 0)
        size = 8 if version < 4 else 16 if version < _SCOPED else 24
        rules = libc.syscall(_LANDLOCK_CREATE, wanted, ctypes.c_size_t(size), 0)
        _checked(rules, "landlock_create_ruleset")
        for path, rights in self._rights():
            _allow(libc, rules, path, rights & handled)
        _checked(libc.syscall(_LANDLOCK_RESTRICT, rules, 0), "landlock_restrict_self")
        os.close(rules)

    def _rights(self) -> Iterator[tuple[Path, int]]:
        python = {sys.prefix, sys.base_prefix, sys.exec_prefix, *filter(os.path.isabs, sys.path)}
        for path in {*map(Path, _OF_THE_SYSTEM), *map(Path, python), _here(), *self.reads}:
            yield path, _READS
        yield Path("/dev/null"), _READS | _WRITE_FILE
        for path in self.writes:
            path.mkdir(parents=True, exist_ok=True)
            yield path, _CHANGES


def missing() -> tuple[str, ...]:
    """What this machine cannot keep a child from, in words; nothing where it can do all."""
    if sys.platform != "linux":
        return ("reach the network or start programs (seccomp is Linux's)", "read and write other files (Landlock is Linux's)")
    found = []
    if platform.machine() not in _MACHINES:
        found.append(f"reach the network or start programs (no filter for {platform.machine()})")
    if not (version := _landlock_version()):
        found.append("read and write other files (this kernel has no Landlock, which came with 5.13)")
    elif version < _SCOPED:
        found.append("do by signals to your other processes (this kernel's Landlock has no scopes, which came with 6.12)")
    return tuple(found)


def warnings() -> tuple[str, ...]:
    """A line for each thing that this machine cannot keep a child from."""
    said = "warning: on this machine nothing keeps a hostile PDF's child from what it could"
    return tuple(f"{said} {gap}\n" for gap in missing())


def _here() -> Path:
    return Path(__file__).parents[1]


def _wipe(name: str) -> None:
    """Take a variable out of the environment, and its value out of the memory that /proc/self/environ shows."""
    libc = ctypes.CDLL(None)
    libc.getenv.restype = ctypes.c_void_p
    if at := libc.getenv(os.fsencode(name)):
        ctypes.memset(at, 0, len(ctypes.string_at(at)))
    del os.environ[name]


def _landlock_version() -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    return max(0, int(libc.syscall(_LANDLOCK_CREATE, None, ctypes.c_size_t(0), _LANDLOCK_VERSION)))


def _allow(libc: ctypes.CDLL, rules: int, path: Path, rights: int) -> None:
    try:
        handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:  # not on this machine: there is nothing to allow
        return
    allowed = rights if path.is_dir() else rights & _FILE_RIGHTS
    _checked(libc.syscall(_LANDLOCK_ADD, rules, _PATH_BENEATH, struct.pack("=Qi", allowed, handle), 0), f"landlock: {path}")
    os.close(handle)


def _refuse_calls(libc: ctypes.CDLL, machine: _Machine) -> None:
    """A BPF program: another architecture dies; what is refused answers EPERM; clone3 ENOSYS; clone only makes threads; limits
    are its own."""
    refused = (*machine.refused, *machine.unguarded, *machine.shared, _FCHMODAT2, _SETXATTRAT, _REMOVEXATTRAT, _IO_URING)
    denied = _RETURN, 0, 0, _ERRNO | errno.EPERM
    program = [(_LOAD, 0, 0, _ARCH), (_IF_EQUAL, 1, 0, machine.audit), (_RETURN, 0, 0, _KILL), (_LOAD, 0, 0, _NUMBER)]
    program += [(_IF_AT_LEAST, 0, 1, _X32), denied]
    for number in refused:
        program += [(_IF_EQUAL, 0, 1, number), denied]
    program += [(_IF_EQUAL, 0, 1, _CLONE3), (_RETURN, 0, 0, _ERRNO | errno.ENOSYS)]
    own = (_IF_EQUAL, 0, 1, 0), (_RETURN, 0, 0, _ALLOW), denied
    program += [(_IF_EQUAL, 0, 4, machine.prlimit), (_LOAD, 0, 0, _FIRST_ARGUMENT), *own]
    program += [(_IF_EQUAL, 0, 3, machine.clone), (_LOAD, 0, 0, _FIRST_ARGUMENT), (_IF_SET, 1, 0, _CLONE_THREAD), denied]
    program += [(_RETURN, 0, 0, _ALLOW)]
    code = b"".join(struct.pack("HBBI", *line) for line in program)
    kept = ctypes.create_string_buffer(code, len(code))
    given = struct.pack("HxxxxxxP", len(program), ctypes.addressof(kept))
    done = libc.syscall(machine.seccomp, _SECCOMP_SET_MODE_FILTER, _SECCOMP_FILTER_FLAG_TSYNC, given)
    _checked(done, "seccomp")


def _checked(answer: int, what: str) -> None:
    if answer < 0:
        told = os.strerror(ctypes.get_errno())
        raise UsageError(what, f"the kernel refuses to confine a child: {told}", "report this with `uname -a`")


__all__ = ["Fence", "missing", "warnings"]
