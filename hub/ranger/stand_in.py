"""The offline ranger answers while the model that was chosen cannot, and says so; it is asked again each time."""

import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from hub.ranger.model import ErrorCode, Piece, Prompt, RangerError, RangerModel, StandsIn
from hub.ranger.problems import stood_in

# What lasts until somebody does something, and says nothing about the question. A question that was refused for what it
# asks is not passed on, and one that broke or hung may do better at once.
LASTING: frozenset[ErrorCode] = frozenset(("model_gone", "bad_key", "quota", "unreachable"))
SLOW_SECONDS = 3.0
REST_SECONDS = 20.0
log = logging.getLogger("hub.ranger")


class WithStandIn:
    """A `RangerModel` of two: `other` answers when `model` cannot.

    The model is asked first each time, so that it comes back by itself. Only when its visitors had to wait until it was
    known to be unreachable, they do not wait again for `REST_SECONDS`.
    """

    def __init__(self, model: RangerModel, other: RangerModel, clock: Callable[[], float]) -> None:
        self._model = model
        self._other = other
        self._clock = clock
        self._asks_again_at = 0.0
        self._reason: ErrorCode | None = None

    @property
    def name(self) -> str:
        return self._model.name

    async def answer(self, prompt: Prompt) -> AsyncGenerator[Piece, None]:
        """The model's pieces; or what stands in for them, with a first line that says why. Raises RangerError."""
        code = self._reason
        if code is None or self._clock() >= self._asks_again_at:
            code = None
            try:
                async with aclosing(self._asked(prompt)) as pieces:
                    async for piece in pieces:
                        yield piece
            except _CannotError as failure:
                code = failure.code
        if code is not None:
            yield StandsIn(code)
            yield f"*{stood_in(code).message}*\n\n"
            async with aclosing(self._other.answer(prompt)) as pieces:
                async for piece in pieces:
                    yield piece

    async def close(self) -> None:
        """Let go of the connections of both."""
        await self._model.close()
        await self._other.close()

    async def _asked(self, prompt: Prompt) -> AsyncGenerator[Piece, None]:
        """The model's pieces. Raises _CannotError when it fails lastingly before it has said a word."""
        asked_at, said = self._clock(), False
        try:
            async with aclosing(self._model.answer(prompt)) as pieces:
                async for piece in pieces:
                    said = said or isinstance(piece, str)
                    yield piece
        except RangerError as error:
            if said or error.code not in LASTING:
                raise
            self._note(error, self._clock() - asked_at)
            raise _CannotError(error.code) from None
        if self._reason is not None:
            log.warning("the model answers again")
        self._reason = None

    def _note(self, error: RangerError, seconds: float) -> None:
        if error.code != self._reason:
            log.warning("the offline ranger stands in for the model: %s", error)
        self._reason = error.code
        self._asks_again_at = self._clock() + (REST_SECONDS if seconds > SLOW_SECONDS else 0.0)


class _CannotError(Exception):
    """The model cannot answer, whatever it is asked."""

    def __init__(self, code: ErrorCode) -> None:
        super().__init__(code)
        self.code = code
