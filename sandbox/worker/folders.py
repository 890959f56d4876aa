"""A job's folder, which a candidate may have filled with anything: how large it is, and how it goes away."""

from __future__ import annotations

import errno
import os
from pathlib import Path

MAX_FILES = 4096  # entries in a job's folder


def size(folder: Path, max_bytes: int) -> tuple[int, int]:
    """Bytes and entries below a folder; stops counting once either is over its bound."""
    total = count = 0
    queue = [str(folder)]
    while queue:
        try:
            with os.scandir(queue.pop()) as found:
                for entry in found:
                    count += 1
                    if entry.is_dir(follow_symlinks=False):
                        queue.append(entry.path)
                    else:
                        total += entry.stat(follow_symlinks=False).st_blocks * 512
                    if count > MAX_FILES or total > max_bytes:
                        return total, count
        except OSError as error:
            if error.errno == errno.ENAMETOOLONG:  # nested beyond what can be counted by path
                return total, MAX_FILES + 1
            continue  # it went away while it was looked at
    return total, count


def taken(mount: Path) -> tuple[int, int]:
    """Bytes and entries of a file system of its own: what is deleted and still open or mapped is among them."""
    seen = os.statvfs(mount)
    return (seen.f_blocks - seen.f_bfree) * seen.f_frsize, seen.f_files - seen.f_ffree


def remove(folder: Path) -> None:
    """Remove the folder of a job that is dead, however deep: folders inside are moved up before they are emptied.

    Raises OSError when something cannot be removed.
    """
    queue, count = [str(folder)], 0
    while queue:
        top = queue.pop()
        with os.scandir(top) as found:
            for entry in found:
                if entry.is_dir(follow_symlinks=False):
                    count += 1
                    os.chmod(entry.path, 0o700)
                    queue.append(f"{folder}.{count}")
                    os.rename(entry.path, queue[-1])
                else:
                    os.unlink(entry.path)
        os.rmdir(top)
