"""A stranger's process that loads a folder, confined before it reads a byte: no network, that folder alone, memory by its size.

Run as edges/stranger.py is; what it may write is the folder in which it is started.
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path

from builder.edges.fence import Fence

_ROOM = 8 * 2**30  # bytes of address space: libraries, their threads, and the rows that are decoded at a time
_MAPPED = 4  # times the folder's size: `datasets` lays a copy of it beside, and maps that


def main() -> None:
    """Raises UsageError where a kernel that can confine a process refuses to."""
    folder = Path(sys.argv[1])
    files = [path for path in folder.rglob("*") if path.is_file()]
    room = _ROOM + _MAPPED * sum(path.stat().st_size for path in files)
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    least = room if hard == resource.RLIM_INFINITY else min(room, hard)
    resource.setrlimit(resource.RLIMIT_AS, (least, least))
    # The Hub's cache lays a release out as links.
    linked = sorted(path.resolve() for path in files if path.is_symlink())
    Fence((folder, *linked), (Path.cwd(),)).shut()

    from builder.edges import stranger  # its libraries start threads, which would stay outside

    stranger.main()


if __name__ == "__main__":
    main()
