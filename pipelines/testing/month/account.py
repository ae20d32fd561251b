"""What happened in a simulated month, what should have, and the page about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from pipelines.testing.month.script import Night

#: A drift has to be followed within so many ordinary nights.
_PATIENCE_NIGHTS: Final = 4


@dataclass(frozen=True)
class NightAccount:
    """What happened on one night.

    Attributes:
        night: What was to come.
        outcome: ``promoted``, ``refused`` (the model) or ``stopped`` (the data).
        why: The reason the program gave.
        champion: What is served in the morning.
        metric: The winner's nDCG@10 as measured that night; None where nothing was trained.
        warnings: What the gate warned of.
        died: Whether the process was killed and started again.
        receipts: What was written for those who left.
        alarms: What monitoring found to be a breach in the morning; None where too little was there to look at drift.
        wrong: What should not have happened.
        seconds: How long it took.
    """

    night: Night
    outcome: str
    why: str
    champion: str | None
    metric: float | None = None
    warnings: tuple[str, ...] = ()
    died: bool = False
    receipts: tuple[str, ...] = ()
    alarms: tuple[str, ...] | None = None
    wrong: tuple[str, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True)
class MonthAccount:
    """What happened in the month.

    Attributes:
        nights: Each night.
        wrong: What was found at the end: rows lost, people kept.
        checked: How much was looked at in the end, in words.
        watched: What monitoring saw of the drifts and of the quiet nights, in words.
        seconds: How long all of it took, by the clock.
        processor_seconds: How much of the processors it took, on all cores together.
    """

    nights: tuple[NightAccount, ...]
    wrong: tuple[str, ...]
    checked: tuple[str, ...]
    seconds: float
    processor_seconds: float = 0.0
    watched: tuple[str, ...] = ()

    @property
    def all_wrong(self) -> tuple[str, ...]:
        """Everything that should not have happened."""
        nightly = tuple(f"night {each.night.day}: {words}" for each in self.nights for words in each.wrong)
        return nightly + self.wrong

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready form."""
        return {**asdict(self), "wrong": list(self.all_wrong), "good": not self.all_wrong}


def judge(account: NightAccount, before: str | None) -> tuple[str, ...]:
    """Return what should not have happened on a night.

    Args:
        account: What happened.
        before: What was served the evening before.
    """
    night, wrong = account.night, []
    if night.bad_delivery and account.outcome != "stopped":
        wrong.append("a broken delivery got past the gate")
    if night.bad_model and account.outcome == "promoted":
        wrong.append("a hopeless model was promoted")
    if not night.bad_delivery and account.outcome == "stopped":
        wrong.append(f"a good delivery was stopped: {account.why}")
    if account.outcome != "promoted" and account.champion != before and not night.forget:
        wrong.append("the champion changed without a promotion")
    if night.crash_in is not None and not account.died:
        wrong.append("the process was to be killed and was not")
    if len(account.receipts) < night.forget:
        wrong.append(f"{night.forget - len(account.receipts)} people got no receipt")
    return tuple(wrong)


def stale(accounts: Sequence[NightAccount]) -> tuple[str, ...]:
    """Return after which drifts nothing new was served: an old model that stays is as wrong as a bad one that comes.

    Nights with a broken delivery or a hopeless model can bring nothing new; of the others the first few are looked at,
    as far as the month has so many.
    """
    wrong = []
    for drift in (each.night.day for each in accounts if each.night.drift):
        after = [each for each in accounts if each.night.day >= drift and not each.night.brings_nothing]
        looked_at = after[:_PATIENCE_NIGHTS]
        if len(looked_at) == _PATIENCE_NIGHTS and not any(each.outcome == "promoted" for each in looked_at):
            wrong.append(f"nothing new was served for {_PATIENCE_NIGHTS} nights after tastes changed on night {drift}")
    return tuple(wrong)


def page(account: MonthAccount) -> str:
    """Return the account as Markdown."""
    nights, wrong = account.nights, account.all_wrong
    counts = {
        outcome: sum(each.outcome == outcome for each in nights) for outcome in ("promoted", "refused", "stopped")
    }
    summary = (
        f"`crossfade simulate --days {len(nights)}` wrote this page. It took {account.seconds / 60:.1f} minutes by "
        f"the clock and {account.processor_seconds / 60:.1f} minutes of the processors: "
        f"{counts['promoted']} models promoted, {counts['refused']} refused, "
        f"{counts['stopped']} deliver{'y' if counts['stopped'] == 1 else 'ies'} stopped, "
        f"{sum(each.died for each in nights)} processes killed, {sum(len(each.receipts) for each in nights)} people "
        "forgotten."
    )
    lines = [
        "# A simulated month",
        "",
        summary,
        "",
        "**Nothing wrong was promoted, lost or kept.**" if not wrong else "**Something went wrong:**",
        *(f"- {words}" for words in wrong),
        "",
        *(f"- {words}" for words in (*account.checked, *account.watched)),
        "",
        "| night | what came | outcome | nDCG@10 | served in the morning | alarms of monitoring | why |",
        "|---:|---|---|---:|---|---|---|",
    ]
    return "\n".join([*lines, *(_row(each) for each in nights), ""])


def _row(each: NightAccount) -> str:
    metric = f"{each.metric:.3f}" if each.metric is not None else ""
    why = "; ".join([each.why, *each.warnings[:2]]).replace("|", "/")
    alarms = ", ".join(each.alarms or ())
    cells = [str(each.night.day), each.night.words, each.outcome, metric, each.champion or "nothing", alarms, why]
    return f"| {' | '.join(cells)} |"
