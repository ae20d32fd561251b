"""The data contract in docs/ says what the code does."""

from __future__ import annotations

from pathlib import Path

from validation.contract import MEANINGS, contract, main
from validation.rules import GateRules

PAGE = Path(__file__).resolve().parents[3] / "docs" / "data-contract.md"


def test_the_page_is_the_one_the_code_writes():
    assert PAGE.read_text(encoding="utf-8") == contract(GateRules()), (
        "run: python -m validation.contract --write docs/data-contract.md"
    )


def test_the_page_follows_the_thresholds():
    rules = GateRules(tracks={"tempo": {"maximum": 300}})
    changed = set(contract(rules).splitlines()) - set(contract(GateRules()).splitlines())
    assert len(changed) == 1
    assert "tempo in beats per minute to be above 0 and at most 300" in changed.pop()


def test_every_column_and_only_those_have_a_meaning():
    for table, meanings in MEANINGS.items():
        assert sorted(meanings) == sorted(table.schema.names)


def test_the_command_prints_or_writes(tmp_path, capsys):
    main([])
    printed = capsys.readouterr().out
    main(["--write", str(tmp_path / "contract.md")])
    assert (tmp_path / "contract.md").read_text(encoding="utf-8") == printed == contract(GateRules())
