"""The asker counts what it gets, and nothing else."""

import socket
import threading
from itertools import repeat

import pytest

from tests.load.http_load import flood, is_whole, steady

QUESTION = b"POST /switch/dialplan HTTP/1.1\r\nContent-Length: 0\r\n\r\n"
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello"


@pytest.fixture
def server():
    """Answers each connection with the next of ``answers``, the last one for ever."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    answers = [ANSWER]

    def serve():
        while True:
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            with peer:
                peer.recv(65536)
                peer.sendall(answers.pop(0) if len(answers) > 1 else answers[0])

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield listener.getsockname()[1], answers
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join()


@pytest.mark.parametrize(
    ("answer", "whole"),
    [
        (ANSWER, True),
        (ANSWER[:-1], False),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n", False),
        (b"HTTP/1.1 503 x\r\nretry-after: 1\r\nContent-Length: 0\r\n\r\n", True),
    ],
)
def test_an_answer_is_whole_when_its_length_is_there(answer, whole):
    assert is_whole(answer) is whole


def test_a_flood_counts_every_answer(server):
    result = flood(server[0], repeat(QUESTION, 40), 4)
    assert (len(result.latencies_ms), result.bad) == (40, 0)
    assert result.per_second > 0


def test_refusals_and_answers_cut_off_are_bad(server):
    port, answers = server
    answers[:] = [b"HTTP/1.1 503 x\r\ncontent-length: 0\r\n\r\n", ANSWER[:-2], ANSWER]
    result = flood(port, repeat(QUESTION, 10), 1)
    assert (len(result.latencies_ms), result.bad) == (8, 2)


def test_a_steady_stream_takes_as_long_as_its_rate_says(server):
    result = steady(server[0], repeat(QUESTION, 20), 200)
    assert (len(result.latencies_ms), result.bad) == (20, 0)
    assert result.seconds >= 19 / 200
