"""No visitor can write a line of the log, or make one look like another."""

import json
import logging
import sys

import pytest

from hub.logs import LONGEST, JsonFormatter, ReadableFormatter

FORGED = "12:00:00 info    GET /admin status=200"
BREAKS = ["\n", "\r", "\r\n", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029"]
ODD = [*BREAKS, "\x00", "\x1b[2J", "\u202e", "\u200b", "\ufeff", "\ud800", "\x9b"]


def record(message: str, **extra: object) -> logging.LogRecord:
    made = logging.makeLogRecord({"name": "hub.requests", "levelname": "INFO", "msg": "%s", "args": (message,)})
    made.__dict__.update(extra)
    return made


def lines(formatter: logging.Formatter, made: logging.LogRecord) -> list[str]:
    line = formatter.format(made)
    line.encode()
    return line.splitlines()


@pytest.mark.parametrize("formatter", [JsonFormatter(), ReadableFormatter()])
@pytest.mark.parametrize("odd", ODD, ids=ascii)
def test_odd_characters_are_escaped_in_messages_and_fields(formatter: logging.Formatter, odd: str) -> None:
    (line,) = lines(formatter, record(f"GET /{odd}{FORGED}", path=f"/x{odd}{FORGED}"))
    assert odd not in line
    assert line.isprintable()


@pytest.mark.parametrize("formatter", [JsonFormatter(), ReadableFormatter()])
def test_what_is_huge_is_cut(formatter: logging.Formatter) -> None:
    assert len(formatter.format(record("x" * 100_000, path="y" * 100_000))) < 3 * LONGEST


def test_a_field_of_the_readable_line_cannot_hold_another() -> None:
    (line,) = lines(ReadableFormatter(), record("socket ended", path="/x status=200 address=1.2.3.4"))
    assert line.endswith('path="/x status=200 address=1.2.3.4"')


def test_a_field_cannot_replace_what_the_line_says_of_itself() -> None:
    said = json.loads(JsonFormatter().format(record("hello", level="critical", logger="other")))
    assert (said["level"], said["logger"], said["message"]) == ("info", "hub.requests", "hello")


@pytest.mark.parametrize("formatter", [JsonFormatter(), ReadableFormatter()])
def test_the_words_of_an_exception_do_not_begin_a_line(formatter: logging.Formatter) -> None:
    try:
        raise ValueError(f"bad\n{FORGED}\u2028{FORGED}")
    except ValueError:
        made = record("failed")
        made.exc_info = sys.exc_info()
    assert not any(line.startswith(FORGED[:8]) for line in lines(formatter, made))
