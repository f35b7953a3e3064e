"""The HTTP face: starting and stopping, routes, the wire, TLS, faults on request."""
