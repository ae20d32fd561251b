"""Yambda: the largest open set of listening, from Yandex Music."""

from __future__ import annotations

from pipelines.sources.yambda.options import YambdaOptions
from pipelines.sources.yambda.source import Yambda

__all__ = ["Yambda", "YambdaOptions"]
