"""The shape of every table of transitions: `FLOW[noun][state][act]` is the states to which the act may lead.

Each app has such a `FLOW` in its enums. A state that allows nothing more has an empty row.
"""

from collections.abc import Mapping
from types import MappingProxyType

Following = Mapping[str, tuple[str, ...]]
"""By act the states to which it may lead. The first one is the usual."""

Flow = Mapping[str, Mapping[str, Following]]


def flow_of(nouns: Mapping[str, Mapping[str, Mapping[str, str | tuple[str, ...]]]]) -> Flow:
    """Returns a table that cannot be changed. A single following state can be written without a tuple."""
    return MappingProxyType(
        {
            noun: MappingProxyType({state: _following(acts) for state, acts in states.items()})
            for noun, states in nouns.items()
        }
    )


def leads_to(following: Following, state: str) -> bool:
    """Whether one of the acts leads to a state."""
    return any(state in states for states in following.values())


def _following(acts: Mapping[str, str | tuple[str, ...]]) -> Following:
    return MappingProxyType({act: (after,) if isinstance(after, str) else after for act, after in acts.items()})
