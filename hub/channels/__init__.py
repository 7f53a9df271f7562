"""The realtime core: frames, subscribers, feeds, presence and brokers. It knows no SQL and no web framework."""
