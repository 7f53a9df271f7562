"""Frostbyte Hub: a realtime websocket community hub for national parks."""
