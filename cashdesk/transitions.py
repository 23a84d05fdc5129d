"""The types of `FLOW`, a table of states. `FLOW[noun][state][act]` lists the states to which the act may lead.

Each app has such a table in its `state_flow.py`. A final state has an empty row.
"""

from collections.abc import Mapping
from types import MappingProxyType

Following = Mapping[str, tuple[str, ...]]
"""The states to which each act may lead. The usual state comes first."""

Flow = Mapping[str, Mapping[str, Following]]


def flow_of(nouns: Mapping[str, Mapping[str, Mapping[str, str | tuple[str, ...]]]]) -> Flow:
    """Builds a read-only `FLOW`. A single following state can be given without a tuple."""
    return MappingProxyType(
        {
            noun: MappingProxyType({state: _following(acts) for state, acts in states.items()})
            for noun, states in nouns.items()
        }
    )


def leads_to(following: Following, state: str) -> bool:
    """Whether at least one act can lead to `state`."""
    return any(state in states for states in following.values())


def _following(acts: Mapping[str, str | tuple[str, ...]]) -> Following:
    return MappingProxyType({act: (after,) if isinstance(after, str) else after for act, after in acts.items()})
