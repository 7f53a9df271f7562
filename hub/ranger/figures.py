"""What is counted about the ranger, for Prometheus."""

from prometheus_client import Counter, Histogram

FIRST_PIECE = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0)

questions = Counter("hub_chat_questions", "Questions that the ranger was asked.")
first_piece_seconds = Histogram(
    "hub_chat_first_piece_seconds", "Time from a question to the first piece of its answer.", buckets=FIRST_PIECE
)
pieces = Counter("hub_chat_pieces", "Pieces of answers that were sent on.")
tokens = Counter("hub_chat_tokens", "Tokens as the model counts them.", ["of"])
ended = Counter("hub_chat_answers_ended", "Answers that ended: done, stopped, or what went wrong.", ["how"])
