"""Staging: a source file becomes compressed chunks on the stage, each recorded as soon as it is verified."""
