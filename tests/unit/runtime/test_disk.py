import errno
import math
import shutil
import threading

import pytest

from shared.runtime.disk import FreeSpace, free_bytes
from shared.runtime.metrics import Metrics
from tests.support.waiting import eventually


@pytest.fixture
def metrics():
    return Metrics("shop")


async def shown(metrics):
    return metrics.registry.get_sample_value("seda_shop_free_bytes")


async def test_the_room_of_a_folders_disk_is_shown(metrics, tmp_path):
    space = FreeSpace(metrics.gauge("free_bytes", "room"), tmp_path)
    assert math.isnan(await shown(metrics))
    await space.start()
    found = await eventually(lambda: shown(metrics), lambda value: value > 0)
    assert found == pytest.approx(shutil.disk_usage(tmp_path).free, rel=0.2)
    await space.stop()


async def test_a_folder_that_is_not_made_yet_has_the_room_of_where_it_will_be(metrics, tmp_path):
    space = FreeSpace(metrics.gauge("free_bytes", "room"), tmp_path / "media" / "spoken")
    await space.start()
    found = await eventually(lambda: shown(metrics), lambda value: value > 0)
    assert found == pytest.approx(shutil.disk_usage(tmp_path).free, rel=0.2)
    await space.stop()


async def test_a_disk_that_answers_with_an_error_is_told_of(metrics, tmp_path, monkeypatch):
    """An NFS server that was made anew: the mount is there and stale."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _: (_ for _ in ()).throw(OSError(errno.ESTALE, "stale")))
    assert math.isnan(free_bytes(tmp_path))
    monkeypatch.undo()
    assert free_bytes(tmp_path) > 0


async def test_a_disk_that_does_not_answer_is_told_of_and_asked_once(metrics, tmp_path, monkeypatch):
    away, asked = threading.Event(), []

    def hang(folder):
        asked.append(folder)
        away.wait(10)
        return shutil._ntuple_diskusage(10, 3, 7)

    monkeypatch.setattr(shutil, "disk_usage", hang)
    gauge = metrics.gauge("free_bytes", "room")
    space = FreeSpace(gauge, tmp_path, every_seconds=0.01)
    gauge.set(5)
    await space.start()
    await eventually(lambda: shown(metrics), math.isnan)
    assert asked == [tmp_path]
    away.set()
    await eventually(lambda: shown(metrics), lambda value: value == 7)
    await space.stop()
