"""Files and functions stay small enough to be read at one go."""

from tests.architecture.sources import files, functions, name

MAX_FILE_LINES = 500
MAX_FUNCTION_LINES = 60


def test_no_file_is_longer_than_500_lines():
    lengths = {name(path): len(path.read_text().splitlines()) for path in files()}
    assert {file: length for file, length in lengths.items() if length > MAX_FILE_LINES} == {}


def test_no_function_is_longer_than_60_lines():
    too_long = [
        f"{name(path)}: {function} has {length} lines"
        for path in files()
        for function, length in functions(path)
        if length > MAX_FUNCTION_LINES
    ]
    assert too_long == []
