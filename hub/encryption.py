"""What an operator is told of a hub whose visitors come over plain http."""

from hub.config import Settings
from hub.store.database import Transaction

ADVICE = "Set up HTTPS (docs/operations.md), name its proxy in HUB_TRUSTED_PROXIES, and let it send X-Forwarded-Proto."
NEWEST = 20
# Without parameters, so that it runs on any driver.
LOG_INS = f"""SELECT count(encrypted) AS known, sum(CASE WHEN encrypted = 0 THEN 1 ELSE 0 END) AS plain
    FROM (SELECT encrypted FROM sessions ORDER BY created_at DESC LIMIT {NEWEST}) AS newest"""


def newest_log_ins(tx: Transaction) -> tuple[int, int]:
    """Of the newest log-ins: of how many it is known how they came, and how many of them came over plain http."""
    row = tx.one(LOG_INS)
    return (0, 0) if row is None else (row["known"] or 0, row["plain"] or 0)


def trouble(settings: Settings, known: int, plain: int) -> str | None:
    """What is wrong with the encryption of a hub in production, None when nothing is."""
    if settings.env != "production":
        return None
    if plain:
        return f"{plain} of the last {known} log-ins came over plain http: passwords can be read on the way"
    if not settings.trusted_proxies:
        return "no proxy is trusted (HUB_TRUSTED_PROXIES): the hub itself speaks plain http only"
    return None
