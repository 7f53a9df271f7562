"""Frostbyte Hub: a realtime websocket community hub for national parks."""

__version__ = "1.0.0"
