"""Automations on a Prefect server: what an event of this project sets off.

They are made where they are missing and are a person's from then on: whoever changes, pauses or extends one in the UI
finds it so after the next 'crossfade deploy', except that it always names the deployment, or the block, that is there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from flows.alarming import GATE_REFUSED, MODEL_REFUSED, RESOURCE
from flows.deploy_server import DeployServer
from pipelines.errors import ConfigError
from pipelines.monitoring.kinds import EVENTS

RETRAIN: Final = "Crossfade: train again on drift"
TELL_ALARMS: Final = "Crossfade: tell about alarms"
TELL_REFUSALS: Final = "Crossfade: tell about models that are refused"
TELL_FAILURES: Final = "Crossfade: tell about runs that failed"
_LIFECYCLE: Final = "lifecycle"
#: What an event of ours says: its headline, then a line a sentence.
_SENTENCES: Final = (
    "{{ event.payload.headline }}\n\n{% for sentence in event.payload.sentences %}- {{ sentence }}\n{% endfor %}"
)
_OURS: Final = {"prefect.resource.id": RESOURCE}
_TAGGED: Final = {"prefect.resource.id": "prefect.tag.crossfade", "prefect.resource.role": "tag"}


def ensure_automations(server: DeployServer, deployed: Mapping[str, str], block: str | None) -> None:
    """Make the automations that are missing.

    Args:
        server: The Prefect server.
        deployed: What was deployed: name in the file -> flow and deployment.
        block: The id of the block that messages go to; None where they go nowhere.

    Raises:
        ServiceError: The server does not answer, or refuses.
    """
    wanted = []
    if _LIFECYCLE in deployed:
        deployment = server.ask("GET", f"/deployments/name/{deployed[_LIFECYCLE]}").json()
        wanted.append(_retrain(deployment["id"]))
    if block is not None:
        wanted += [_tell_alarms(block), _tell_refusals(block), _tell_failures(block)]
    if wanted:
        named = {"automations": {"name": {"any_": [each["name"] for each in wanted]}}}
        there = {each["name"]: each for each in server.ask("POST", "/automations/filter", named).json()}
        for automation in wanted:
            _ensure(server, automation, there.get(automation["name"]))


def find_block(server: DeployServer, name: str) -> str | None:
    """Return the id of the block that takes messages; None where none is named.

    Args:
        server: The Prefect server.
        name: Its type and its name, such as slack-webhook/ops; may be empty.

    Raises:
        ConfigError: There is no such block.
        ServiceError: The server does not answer, or refuses.
    """
    if not name:
        return None
    kind, _, document = name.partition("/")
    found = server.find(f"/block_types/slug/{kind}/block_documents/name/{document}") if document else None
    if found is None:
        raise ConfigError(
            f"the Prefect server has no block '{name}'",
            where="CROSSFADE_NOTIFY_BLOCK",
            remedy="Make it in the Prefect UI (Blocks), and name it as type/name, such as slack-webhook/ops",
        )
    return str(found["id"])


def _ensure(server: DeployServer, wanted: Mapping[str, Any], there: Mapping[str, Any] | None) -> None:
    """Make an automation, or let the one that is there name what it acts on by its present id."""
    if there is None:
        server.ask("POST", "/automations/", wanted)
        return
    (new,) = wanted["actions"]
    actions = [_present(action, new) for action in there["actions"]]
    if actions != there["actions"]:
        kept = ("name", "description", "enabled", "trigger", "actions_on_trigger", "actions_on_resolve", "tags")
        changed = {name: there[name] for name in kept if name in there} | {"actions": actions}
        server.ask("PUT", f"/automations/{there['id']}", changed)


def _present(action: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """Return an action with the id that a new one of its type has."""
    ids = {name: new[name] for name in ("deployment_id", "block_document_id") if name in new}
    return {**action, **ids} if action["type"] == new["type"] else dict(action)


def _retrain(deployment: str) -> dict[str, Any]:
    action = {"type": "run-deployment", "source": "selected", "deployment_id": deployment}
    return {
        "name": RETRAIN,
        "description": f"On {EVENTS['inputs']}: monitoring finds that what comes in has drifted; the lifecycle runs.",
        "tags": ["crossfade"],
        "trigger": _on([EVENTS["inputs"]], match=_OURS),
        "actions": [action],
    }


def _tell_alarms(block: str) -> dict[str, Any]:
    return {
        "name": TELL_ALARMS,
        "description": f"A breach that monitoring finds, or {GATE_REFUSED}: a delivery that the gate stops.",
        "tags": ["crossfade"],
        "trigger": _on([*EVENTS.values(), GATE_REFUSED], match=_OURS),
        "actions": [_message(block, "{{ event.event }}", _SENTENCES)],
    }


def _tell_refusals(block: str) -> dict[str, Any]:
    # By itself: a champion that stays is no alarm, and whoever does not want to hear of it pauses this one.
    return {
        "name": TELL_REFUSALS,
        "description": f"On {MODEL_REFUSED}: the promotion policy refuses a model; the champion stays.",
        "tags": ["crossfade"],
        "trigger": _on([MODEL_REFUSED], match=_OURS),
        "actions": [_message(block, "{{ event.event }}", _SENTENCES)],
    }


def _tell_failures(block: str) -> dict[str, Any]:
    body = "{{ flow_run.name }} of {{ flow.name }} ended as {{ flow_run.state.name }}: {{ flow_run.state.message }}"
    return {
        "name": TELL_FAILURES,
        "description": "A run of a deployment of Crossfade that failed or crashed is told to the block.",
        "tags": ["crossfade"],
        "trigger": _on(["prefect.flow-run.Failed", "prefect.flow-run.Crashed"], match_related=_TAGGED),
        "actions": [_message(block, "Crossfade: a run failed", body)],
    }


def _on(events: Sequence[str], **matching: Mapping[str, str]) -> dict[str, Any]:
    """Return a trigger that fires with each of these events."""
    return {"type": "event", "posture": "Reactive", "expect": list(events), "threshold": 1, "within": 0, **matching}


def _message(block: str, subject: str, body: str) -> dict[str, Any]:
    return {"type": "send-notification", "block_document_id": block, "subject": subject, "body": body}
