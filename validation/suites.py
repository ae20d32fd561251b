"""The rules as Great Expectations suites: run in memory, shown as Data Docs. The only import of Great Expectations.

Importing this module takes seconds, so it is imported where tables are checked and nowhere else.
"""

from __future__ import annotations

import html
import logging
import os
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa

from pipelines.errors import CrossfadeError
from validation.kinds import AtLeast, AtMost, EachAtMost, Given, Holds, Matches, OneOf, Range, Rule, Unique, plain
from validation.representatives import representatives, side_by_side
from validation.section import Expectation


@contextmanager
def _without(module: str) -> Iterator[None]:
    """Let imports of a module fail meanwhile, as if it were not installed."""
    sys.modules[module] = None  # type: ignore[assignment]  # so the language has it: such an import fails
    try:
        yield
    finally:
        del sys.modules[module]


# Telemetry is decided when the library is imported. It also looks for PySpark, of which nothing is needed here: that
# takes a second, and its part for remote sessions ends the whole process (sys.exit) where the program has no file.
os.environ["GX_ANALYTICS_ENABLED"] = "False"
with _without("pyspark.sql.connect" if "pyspark" in sys.modules else "pyspark"), warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import great_expectations as gx
    from great_expectations.core.batch_definition import BatchDefinition
    from great_expectations.core.expectation_validation_result import ExpectationValidationResult
    from great_expectations.data_context.types.base import ProgressBarsConfig
    from great_expectations.expectations.core.expect_column_max_to_be_between import ExpectColumnMaxToBeBetween
    from great_expectations.expectations.core.expect_column_values_to_be_between import ExpectColumnValuesToBeBetween
    from great_expectations.expectations.core.expect_column_values_to_be_in_set import ExpectColumnValuesToBeInSet
    from great_expectations.expectations.core.expect_column_values_to_be_null import ExpectColumnValuesToBeNull
    from great_expectations.expectations.core.expect_column_values_to_be_unique import ExpectColumnValuesToBeUnique
    from great_expectations.expectations.core.expect_column_values_to_match_regex import ExpectColumnValuesToMatchRegex
    from great_expectations.expectations.core.expect_column_values_to_not_be_null import ExpectColumnValuesToNotBeNull
    from great_expectations.expectations.expectation import Expectation as GxExpectation
    from great_expectations.render.renderer.column_section_renderer import ValidationResultsColumnSectionRenderer
    from great_expectations.render.view.view import DefaultJinjaPageView

# It sets this logger's level itself, and tells of every folder that it makes for a page.
logging.getLogger("great_expectations.data_context.types.base").setLevel(logging.WARNING)

_TEMPLATES: Final = Path(__file__).parent / "templates"
_YES_OR_NO: Final = {"result_format": "BOOLEAN_ONLY"}
_EVERY_ROW: Final = {"result_format": "COMPLETE", "return_unexpected_index_query": False}
_SHOWN_VALUES: Final = 5
_KEPT_VALUES: Final = 20
_COUNTS: Final = ("element_count", "missing_count", "unexpected_count")


@dataclass(frozen=True)
class SuiteRun:
    """One suite, run on one frame.

    Attributes:
        name: The suite's name.
        rows: How many rows the frame had.
        breaches: For each rule that was broken, its name and the rows that break it, as positions (0 for a figure).
        results: What Great Expectations returned, in the order of the rules.
    """

    name: str
    rows: int
    breaches: Mapping[str, np.ndarray]
    results: tuple[ExpectationValidationResult, ...]


def run_suite(name: str, frame: pa.Table, expectations: Sequence[Expectation], now: datetime) -> SuiteRun:
    """Check a frame.

    Great Expectations judges every rule: first by the few values that stand for a column, for a yes or no, and then,
    where the answer is no or no few values can stand for it, by the whole column, for the rows.

    Args:
        name: What to call the suite.
        frame: One column for each expectation, under the rule's name.
        expectations: The rules.
        now: The instant after which times lie in the future.

    Raises:
        CrossfadeError: An expectation could not be evaluated; such data never passes.
    """
    by_rule = _judge_representatives(name, frame, expectations, now) if frame.num_rows else {}
    rest = [each for each in expectations if each.name not in by_rule]
    by_rule |= _judge(name, frame, rest, now, _EVERY_ROW)
    results = tuple(by_rule[each.name] for each in expectations)
    broken = {each.name: _failing_rows(result) for each, result in zip(expectations, results, strict=True)}
    return SuiteRun(name, frame.num_rows, {rule: rows for rule, rows in broken.items() if len(rows)}, results)


def joined(one: SuiteRun, other: SuiteRun) -> SuiteRun:
    """Return the run of a suite over two parts of a table, as the Data Docs show it; positions are given up."""
    results = tuple(map(_joined_result, one.results, other.results))
    return SuiteRun(one.name, one.rows + other.rows, {}, results)


def write_pages(folder: Path, runs: Sequence[SuiteRun], facts: Mapping[str, object]) -> None:
    """Write Data Docs: one page a suite and ``index.html``, which need no network and run no scripts.

    Args:
        folder: An empty folder.
        runs: The suites that were run.
        facts: What the first page shows (see ``templates/gate_index.j2``).
    """
    view = DefaultJinjaPageView(custom_views_directory=str(_TEMPLATES))
    style = (_TEMPLATES / "style.css").read_text(encoding="utf-8")

    def write(page: str, template: str, values: Mapping[str, object]) -> None:
        text = view.env.get_template(template).render(style=style, pages=[run.name for run in runs], **values)
        (folder / page).write_text(text, encoding="utf-8")

    write("index.html", "gate_index.j2", facts)
    for run in runs:
        write(
            f"{run.name}.html", "gate_page.j2", {"run": run, "sections": [_section(result) for result in run.results]}
        )


_Results: TypeAlias = dict[str, ExpectationValidationResult]


def _judge(
    name: str, frame: pa.Table, expectations: Sequence[Expectation], now: datetime, answer: dict[str, Any]
) -> _Results:
    """Return the result of each rule, by its name."""
    if not expectations:
        return {}
    suite = gx.ExpectationSuite(name=name, expectations=[_translate(each, now) for each in expectations])
    asked = list(dict.fromkeys(each.reads for each in expectations if each.reads in frame.column_names))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        batch = _any_frame().get_batch({"dataframe": frame.select(asked).to_pandas()})
        validation = batch.validate(suite, result_format=answer)
    return {_rule_name(result): result for result in validation.results}


def _judge_representatives(name: str, frame: pa.Table, expectations: Sequence[Expectation], now: datetime) -> _Results:
    """Return the results of the rules that the representatives of their columns pass, as results of all rows."""
    asked = {each.name: each for each in expectations if each.reads in frame.column_names}
    found = {rule: representatives(frame[each.reads], each.rule) for rule, each in asked.items()}
    standing = {rule: values for rule, values in found.items() if values is not None}
    if not standing:
        return {}
    # Two rules may look at one column and have different representatives: columns bear the names of their rules.
    renamed = [replace(asked[rule], reads=rule) for rule in standing]
    results = _judge(name, side_by_side(standing), renamed, now, _YES_OR_NO)
    return {rule: _of_all_rows(result, asked[rule], frame) for rule, result in results.items() if result.success}


def _of_all_rows(
    result: ExpectationValidationResult, expectation: Expectation, frame: pa.Table
) -> ExpectationValidationResult:
    """Return what it means for a column that its representatives pass: every row does."""
    column = frame[expectation.reads]
    counts: dict[str, Any] = dict.fromkeys(("unexpected_count", "unexpected_percent", "unexpected_percent_total"), 0)
    counts |= {"element_count": len(column), "partial_unexpected_list": []}
    if not isinstance(expectation.rule, (Given, Holds)):
        counts |= {"missing_count": column.null_count, "missing_percent": _percent(column.null_count, len(column))}
    config: Any = result.expectation_config
    config.kwargs["column"] = expectation.reads
    return ExpectationValidationResult(
        success=result.success,
        expectation_config=config,
        exception_info=result.exception_info,
        result={"observed_value": column[0].as_py()} if _of_one_figure(expectation.rule) else counts,
    )


def _of_one_figure(rule: Rule) -> bool:
    return isinstance(rule, (AtLeast, AtMost)) and not isinstance(rule, EachAtMost)


@cache
def _any_frame() -> BatchDefinition[Any]:
    """Return what a batch is made from: one context in memory for the whole process, as making one is slow."""
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    asset = context.data_sources.add_pandas("crossfade").add_dataframe_asset("frame")
    return asset.add_batch_definition_whole_dataframe("all rows")


def _translate(expectation: Expectation, now: datetime) -> GxExpectation:
    """Return the Great Expectations form of one rule; its words stand in the Data Docs."""
    chosen, terms = _form(expectation.rule, now)
    words = html.escape(expectation.words.replace("$", "$$"))
    return chosen(column=expectation.reads, description=words, meta={"rule": expectation.name}, **terms)


def _form(rule: Rule, now: datetime) -> tuple[Callable[..., GxExpectation], dict[str, Any]]:
    match rule:
        case Given():
            return ExpectColumnValuesToNotBeNull, {}
        case Holds():
            return ExpectColumnValuesToBeNull, {}
        case OneOf():
            return ExpectColumnValuesToBeInSet, {"value_set": list(rule.values)}
        case Matches():
            return ExpectColumnValuesToMatchRegex, {"regex": rule.pattern}
        case Unique():
            return ExpectColumnValuesToBeUnique, {}
        case Range():
            minimum, maximum, above = rule.bounds(now)
            ends = {"min_value": minimum, "max_value": maximum, "strict_min": above}
            return ExpectColumnMaxToBeBetween if _of_one_figure(rule) else ExpectColumnValuesToBeBetween, ends
        case _:
            raise TypeError(f"there is no expectation for {type(rule).__name__}")


def _joined_result(one: ExpectationValidationResult, other: ExpectationValidationResult) -> ExpectationValidationResult:
    """Add up the counts of two parts and keep a few failing values."""
    parts = (one.result, other.result)
    counted = {key: sum(int(part.get(key) or 0) for part in parts) for key in _COUNTS}
    present = counted["element_count"] - counted["missing_count"]
    values = [value for part in parts for value in part.get("partial_unexpected_list", ())]
    return ExpectationValidationResult(
        success=bool(one.success and other.success),
        expectation_config=one.expectation_config,
        exception_info=one.exception_info,
        result={
            **counted,
            "unexpected_percent": _percent(counted["unexpected_count"], present),
            "unexpected_percent_total": _percent(counted["unexpected_count"], counted["element_count"]),
            "missing_percent": _percent(counted["missing_count"], counted["element_count"]),
            "partial_unexpected_list": values[:_KEPT_VALUES],
        },
    )


def _percent(part: int, whole: int) -> float:
    return 100 * part / whole if whole else 0.0


def _rule_name(result: ExpectationValidationResult) -> str:
    config = result.expectation_config
    return str(config.meta["rule"]) if config is not None else ""


def _failing_rows(result: ExpectationValidationResult) -> np.ndarray:
    if result.success:
        return np.empty(0, dtype=np.int64)
    found = result.result or {}
    rows = [0] if found.get("observed_value") is not None else found.get("unexpected_index_list")
    if not rows:
        raise CrossfadeError(
            f"'{_rule_name(result)}' could not be evaluated: {_reason(result.exception_info)}",
            where="gate",
            remedy="Check the rule's thresholds in gate.toml",
        )
    return np.asarray(rows, dtype=np.int64)


def _reason(info: object) -> str:
    """Dig the message out of what Great Expectations keeps of an exception, by metric or directly."""
    entries = [info, *info.values()] if isinstance(info, dict) else []
    messages = [
        entry["exception_message"] for entry in entries if isinstance(entry, dict) and "exception_message" in entry
    ]
    return str(messages[0]) if messages else "no reason was given"


def _section(result: ExpectationValidationResult) -> object:
    """Render one result as Great Expectations does, with a few failing values that cannot be taken for markup."""
    whole = dict(result.result)
    values = dict.fromkeys(
        "nothing" if pd.isna(value) else plain(value) for value in whole.get("partial_unexpected_list", ())
    )
    counts = ("element_count", "unexpected_count", "unexpected_percent", "missing_count")
    shown = {key: whole[key] for key in counts if key in whole}
    if "observed_value" in whole:
        shown["observed_value"] = plain(float(whole["observed_value"]))
    if "unexpected_percent_total" in whole:  # the other one leaves out rows without a value
        shown["unexpected_percent"] = whole["unexpected_percent_total"]
    shown["partial_unexpected_list"] = [html.escape(value) for value in list(values)[:_SHOWN_VALUES]]
    for_show = ExpectationValidationResult(
        success=result.success,
        expectation_config=result.expectation_config,
        result=shown,
        exception_info=result.exception_info,
    )
    renderer: Any = ValidationResultsColumnSectionRenderer()
    section: object = renderer.render([for_show]).to_json_dict()
    return section
