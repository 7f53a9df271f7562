"""What clients reach: one blueprint per resource, and the websockets."""
