"""Engines that do work on many machines; the only place that knows PySpark, which is imported when it is asked for."""
