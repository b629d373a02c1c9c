"""What SIPp wrote is read as it is."""

import pytest

from tests.load.sipp_output import CallCounts, SippSaidNothing, answer_times_ms, call_counts

DAY = "2026-11-23\t23:49:59.0\t"


def line(seconds, way, call, cseq, first):
    return f"{DAY}{seconds:.6f}\t{way}\t{call}@127.0.0.1\tCSeq:{cseq}\t{first}\n"


INVITE, OK = "INVITE sip:3000@demo.example SIP/2.0", "SIP/2.0 200 OK"


def test_time_runs_from_the_invite_with_credentials_to_its_200():
    lines = [
        line(10.0, "S", 1, "1 INVITE", INVITE),
        line(10.001, "R", 1, "1 INVITE", "SIP/2.0 407 Proxy Authentication Required"),
        line(10.002, "S", 1, "1 ACK", "ACK sip:3000@demo.example SIP/2.0"),
        line(10.003, "S", 1, "2 INVITE", INVITE),
        line(10.010, "R", 1, "2 INVITE", "SIP/2.0 100 Trying"),
        line(10.020, "R", 1, "2 INVITE", "SIP/2.0 180 Ringing"),
        line(10.033, "R", 1, "2 INVITE", OK),
        line(10.100, "R", 1, "3 BYE", OK),
    ]
    assert answer_times_ms(lines) == [pytest.approx(30)]


def test_retransmissions_change_neither_end():
    lines = [
        line(1.0, "S", 1, "2 INVITE", INVITE),
        line(1.5, "S", 1, "2 INVITE", INVITE),
        line(1.6, "R", 1, "2 INVITE", OK),
        line(1.7, "R", 1, "2 INVITE", OK),
    ]
    assert answer_times_ms(lines) == [pytest.approx(600)]


def test_a_call_without_an_answer_has_no_time():
    lines = [
        line(1.0, "S", 1, "2 INVITE", INVITE),
        line(1.1, "R", 1, "2 INVITE", "SIP/2.0 480 Temporarily Unavailable"),
        line(1.0, "S", 2, "2 INVITE", INVITE),
        line(1.2, "R", 2, "2 INVITE", OK),
        "cut off\n",
    ]
    assert answer_times_ms(lines) == [pytest.approx(200)]


def test_the_last_line_of_the_statistics_counts(tmp_path):
    file = tmp_path / "stat.csv"
    file.write_text(
        "StartTime;SuccessfulCall(P);SuccessfulCall(C);FailedCall(C);Retransmissions(C);\n"
        "2026-11-23;3;3;0;0;\n2026-11-23;4;7;2;5;\n"
    )
    assert call_counts(file) == CallCounts(succeeded=7, failed=2, retransmissions=5)


def test_no_statistics_is_an_error(tmp_path):
    file = tmp_path / "stat.csv"
    file.write_text("StartTime;SuccessfulCall(C);FailedCall(C);Retransmissions(C);\n")
    with pytest.raises(SippSaidNothing, match=r"stat\.csv"):
        call_counts(file)
