"""A file is there whole or not at all."""

from __future__ import annotations

import os
import resource
import signal
from pathlib import Path

import pytest

from memory.files import write_whole


def test_a_file_is_put_in_place_whole_and_its_folder_made(tmp_path: Path) -> None:
    for content in (b"one\r\n", b"", b"two"):
        write_whole(tmp_path / "a" / "b" / "file.toml", content)
        assert (tmp_path / "a" / "b" / "file.toml").read_bytes() == content
    assert os.listdir(tmp_path / "a" / "b") == ["file.toml"]


def test_where_there_is_no_room_what_was_there_stays_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    place = tmp_path / "place"
    write_whole(place / "file.toml", b"before")
    limits, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(OSError, match="large"):
            write_whole(place / "file.toml", bytes(1001))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert {path.name: path.read_bytes() for path in place.iterdir()} == {"file.toml": b"before"}
