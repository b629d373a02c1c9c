"""One audio process for a test."""

from __future__ import annotations

import pytest

from services.ivr.audio.conversion import AudioConverter
from services.ivr.audio.process import AudioProcess


@pytest.fixture
def process() -> AudioProcess:
    return AudioProcess()


@pytest.fixture
def converter(process: AudioProcess) -> AudioConverter:
    return AudioConverter(process)
