"""The host `canvasdrop`."""
