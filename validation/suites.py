"""The rules as Great Expectations suites: run in memory, shown as Data Docs. The only import of Great Expectations.

Importing this module takes seconds, so it is imported where tables are checked and nowhere else.
"""

from __future__ import annotations

import html
import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from pipelines.errors import CrossfadeError
from validation.kinds import AtLeast, AtMost, EachAtMost, Given, Holds, Matches, OneOf, Range, Rule, Unique, plain
from validation.section import Expectation

# Telemetry is decided when the library is imported.
os.environ["GX_ANALYTICS_ENABLED"] = "False"
with warnings.catch_warnings():
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

_TEMPLATES: Final = Path(__file__).parent / "templates"
_RESULT_FORMAT: Final = {"result_format": "COMPLETE", "return_unexpected_index_query": False}
_SHOWN_VALUES: Final = 5


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


def run_suite(name: str, frame: pd.DataFrame, expectations: Sequence[Expectation], now: datetime) -> SuiteRun:
    """Check a frame.

    Args:
        name: What to call the suite.
        frame: One column for each expectation, under the rule's name; its index counts from 0.
        expectations: The rules.
        now: The instant after which times lie in the future.

    Raises:
        CrossfadeError: An expectation could not be evaluated; such data never passes.
    """
    suite = gx.ExpectationSuite(name=name, expectations=[_translate(each, now) for each in expectations])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        batch = _any_frame().get_batch({"dataframe": frame})
        validation = batch.validate(suite, result_format=_RESULT_FORMAT)
    by_rule = {_rule_name(result): result for result in validation.results}
    results = tuple(by_rule[each.name] for each in expectations)
    broken = {each.name: _failing_rows(result) for each, result in zip(expectations, results, strict=True)}
    return SuiteRun(name, len(frame), {rule: rows for rule, rows in broken.items() if len(rows)}, results)


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
            of_figure = isinstance(rule, (AtLeast, AtMost)) and not isinstance(rule, EachAtMost)
            return ExpectColumnMaxToBeBetween if of_figure else ExpectColumnValuesToBeBetween, ends
        case _:
            raise TypeError(f"there is no expectation for {type(rule).__name__}")


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
