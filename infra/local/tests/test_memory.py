"""A folder in memory is used where it is ours and has room; anywhere else there is the disk."""

from __future__ import annotations

from collections import namedtuple
from pathlib import Path
from typing import Any

import pytest

from infra.local import memory

Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def shm(tmp_path: Path, monkeypatch: Any) -> Path:
    """A folder that stands for /dev/shm, on a machine with room enough in it."""
    monkeypatch.setattr(memory, "FOLDER", tmp_path / "atrium")
    leave_free(monkeypatch, memory.ENOUGH)
    return tmp_path


def leave_free(monkeypatch: Any, room: int) -> None:
    monkeypatch.setattr(memory.shutil, "disk_usage", lambda folder: Usage(room, 0, room))


def test_a_folder_is_made_and_found_again(shm: Path) -> None:
    assert memory.folder() == shm / "atrium"
    assert memory.folder() == shm / "atrium"
    assert (shm / "atrium").is_dir()


def test_one_with_too_little_room_is_not_used(shm: Path, monkeypatch: Any) -> None:
    leave_free(monkeypatch, memory.ENOUGH - 1)

    assert memory.folder() is None


def test_without_memory_to_keep_files_in_there_is_none(shm: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(memory, "FOLDER", shm / "nowhere" / "atrium")

    assert memory.folder() is None


def test_a_link_that_somebody_laid_there_is_not_followed(shm: Path) -> None:
    (shm / "elsewhere").mkdir()
    (shm / "atrium").symlink_to(shm / "elsewhere")

    assert memory.folder() is None


def test_what_is_somebody_elses_is_left_alone(shm: Path, monkeypatch: Any) -> None:
    (shm / "atrium").mkdir()
    stranger = (shm / "atrium").lstat().st_uid + 1
    monkeypatch.setattr(memory.os, "getuid", lambda: stranger)

    assert memory.folder() is None


def test_a_file_in_its_place_is_left_alone(shm: Path) -> None:
    (shm / "atrium").write_text("somebody's")

    assert memory.folder() is None
    assert (shm / "atrium").read_text() == "somebody's"
