"""Property tests are not timed: a busy machine is no reason to fail."""

from hypothesis import settings

settings.register_profile("seda", deadline=None)
settings.load_profile("seda")
