"""A release: what was made of which table by whom, its model card, and how it differs from the one
before."""

from .manifest import RELEASE, Release, check_release, model_of

__all__ = ["RELEASE", "Release", "check_release", "model_of"]
