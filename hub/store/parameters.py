"""Named parameters: from the `:name` of the store's modules to the `%(name)s` of psycopg."""

import re
from functools import lru_cache

# What must be left alone comes first: literals, quoted names, comments, casts. (The store uses no E'' or $$ strings.)
_TOKEN = re.compile(
    r"""'(?:[^']|'')*' | "(?:[^"]|"")*" | --[^\n]* | /\*.*?\*/ | :: | :(?P<name>[A-Za-z_]\w*) | %""",
    re.VERBOSE | re.DOTALL,
)


@lru_cache(maxsize=2048)
def to_psycopg(sql: str) -> bytes:
    """`sql` as psycopg takes it together with a mapping of parameters."""
    return _TOKEN.sub(_exchange, sql).encode()


def _exchange(match: re.Match[str]) -> str:
    name = match["name"]
    return match[0].replace("%", "%%") if name is None else f"%({name})s"
