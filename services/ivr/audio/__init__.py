"""Audio that people upload or have spoken: checked, converted and brought to one loudness, in a process of its own.

The service steers live calls in one thread, so nothing here decodes, filters or speaks inside it: `worker` starts
``python -m services.ivr.audio`` with a deadline and limits. Importing this package loads none of numpy, libsndfile,
soxr or espeak-ng; only the modules that run in that process (`decoding`, `loudness`, `levelling`, `espeak`) do.
"""
