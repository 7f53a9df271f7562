"""The offline ranger stands in for a model that cannot answer, and only then."""

from collections.abc import AsyncGenerator

import pytest

from hub.ranger.model import ErrorCode, Piece, Prompt, RangerError, StandsIn
from hub.ranger.stand_in import REST_SECONDS, WithStandIn

PROMPT = Prompt(system="", question="Bears?")


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Model:
    """Says what it is given; fails with `code` after that, having taken `seconds`."""

    name = "Model"

    def __init__(self, clock: Clock, *pieces: str, code: ErrorCode | None = None, seconds: float = 0.0) -> None:
        self.clock, self.pieces, self.code, self.seconds = clock, pieces, code, seconds
        self.asked = 0

    async def answer(self, prompt: Prompt) -> AsyncGenerator[Piece, None]:
        self.asked += 1
        for piece in self.pieces:
            yield piece
        self.clock.now += self.seconds
        if self.code is not None:
            raise RangerError(self.code)

    async def close(self) -> None:
        """Nothing to let go of."""


async def said(model: WithStandIn) -> list[Piece]:
    return [piece async for piece in model.answer(PROMPT)]


def pair(model: Model) -> WithStandIn:
    return WithStandIn(model, Model(model.clock, "From the handbook."), model.clock)


@pytest.mark.parametrize("code", ["model_gone", "bad_key", "quota", "unreachable"])
async def test_it_stands_in_for_a_model_that_cannot_answer_and_says_why(code: ErrorCode) -> None:
    why, line, answer = await said(pair(Model(Clock(), code=code)))
    assert why == StandsIn(code) and answer == "From the handbook."
    assert isinstance(line, str) and "the offline ranger stands in" in line


@pytest.mark.parametrize("code", ["safety", "too_long", "refused", "timeout", "empty", "out_of_tokens", "failed"])
async def test_it_does_not_answer_what_the_model_would_not(code: ErrorCode) -> None:
    with pytest.raises(RangerError) as failure:
        await said(pair(Model(Clock(), code=code)))
    assert failure.value.code == code


async def test_it_does_not_go_on_where_the_model_broke_off() -> None:
    with pytest.raises(RangerError) as failure:
        await said(pair(Model(Clock(), "Well, ", code="quota")))
    assert failure.value.code == "quota"


async def test_the_model_is_back_with_the_next_question() -> None:
    model = Model(Clock(), code="model_gone")
    both = pair(model)
    assert StandsIn("model_gone") in await said(both)
    model.code, model.pieces = None, ("From the model.",)
    assert await said(both) == ["From the model."]


async def test_nobody_waits_twice_for_a_model_that_cannot_be_reached() -> None:
    clock = Clock()
    model = Model(clock, code="unreachable", seconds=12.0)
    both = pair(model)
    for _ in range(3):
        assert StandsIn("unreachable") in await said(both)
    assert model.asked == 1
    model.code, model.pieces, model.seconds = None, ("From the model.",), 0.0
    clock.now += REST_SECONDS
    assert await said(both) == ["From the model."]
