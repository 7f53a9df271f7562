"""Named parameters reach psycopg as such, and nothing else in a statement is taken for one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.store.parameters import to_psycopg


@pytest.mark.parametrize(
    ("sql", "wanted"),
    [
        ("SELECT * FROM posts WHERE id = :id", "SELECT * FROM posts WHERE id = %(id)s"),
        ("VALUES (:a, :b_2,:a)", "VALUES (%(a)s, %(b_2)s,%(a)s)"),
        ("SELECT 'at 10:30 :no', :yes", "SELECT 'at 10:30 :no', %(yes)s"),
        ("SELECT 'it''s :no'", "SELECT 'it''s :no'"),
        ('SELECT ":no" FROM t WHERE x = :yes', 'SELECT ":no" FROM t WHERE x = %(yes)s'),
        ("SELECT :n::bigint, now()::text", "SELECT %(n)s::bigint, now()::text"),
        ("SELECT 7 % 2, 'ten %', :x", "SELECT 7 %% 2, 'ten %%', %(x)s"),
        ("SELECT 1 -- why :no\n, :yes", "SELECT 1 -- why :no\n, %(yes)s"),
        ("SELECT /* :no\n :no */ :yes", "SELECT /* :no\n :no */ %(yes)s"),
        ("SELECT a[1:2], x:y FROM t", "SELECT a[1:2], x%(y)s FROM t"),
    ],
)
def test_a_statement_is_translated(sql: str, wanted: str) -> None:
    assert to_psycopg(sql) == wanted.encode()


@given(st.text(alphabet=":%'abc ", max_size=20))
def test_a_literal_stays_as_it_is(text: str) -> None:
    literal = "'" + text.replace("'", "''") + "'"
    assert to_psycopg(f"SELECT {literal}, :x").decode() == f"SELECT {literal.replace('%', '%%')}, %(x)s"
