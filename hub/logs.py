"""Structured logs: one JSON object a line in production, one readable line in development. Never a secret.

What visitors choose (paths, methods, names) cannot make a line of its own, nor look like a part of one that it is not.
"""

import logging
import re
import sys
import time

import msgspec

LONGEST = 1_000
_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "taskName", "asctime"}
# All that ends a line for somebody (also U+0085, U+2028, U+2029), moves a terminal's cursor, turns the direction of
# writing, cannot be seen, or is half a character.
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")


def printable(text: str, longest: int = LONGEST) -> str:
    """The text on one line: what is no plain character is written as its escape, what is too long is cut."""
    if len(text) <= longest and text.isascii() and text.isprintable():
        return text
    cut = text if len(text) <= longest else f"{text[:longest]}… ({len(text)} characters)"
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", cut)


def fields_of(record: logging.LogRecord) -> dict[str, object]:
    """What was given as `extra`."""
    return {
        key: printable(value) if isinstance(value, str) else value
        for key, value in record.__dict__.items()
        if key not in _STANDARD and value is not None
    }


class JsonFormatter(logging.Formatter):
    """One JSON object per record."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as a line of JSON."""
        line: dict[str, object] = {
            **fields_of(record),
            "at": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": printable(record.getMessage()),
            "process": record.process,
        }
        if record.exc_info:
            trace = self.formatException(record.exc_info).splitlines()
            line["exception"] = "\n".join(printable(part) for part in trace)
        return msgspec.json.encode(line).decode()


class ReadableFormatter(logging.Formatter):
    """A line for people; a traceback's lines are moved in, so that none looks like a line of the log."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as a line of text."""
        moment = time.strftime("%H:%M:%S", time.localtime(record.created))
        extra = " ".join(f"{key}={_word(value)}" for key, value in fields_of(record).items())
        line = f"{moment} {record.levelname.lower():7} {printable(record.getMessage())} {extra}".rstrip()
        if not record.exc_info:
            return line
        trace = self.formatException(record.exc_info).splitlines()
        return "\n".join([line, *(f"    {printable(part)}" for part in trace)])


def _word(value: object) -> str:
    """A value that cannot pass for the next field."""
    text = value if isinstance(value, str) else printable(str(value))
    return f'"{text}"' if re.search(r"[\s=\"]", text) else text


def configure_logs(env: str) -> None:
    """Send the logs to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if env == "production" else ReadableFormatter())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
