"""The ranger: a chat whose answers belong to the server, with Gemini or the built-in offline ranger behind it."""
