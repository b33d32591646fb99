"""The host `simplehost`."""
