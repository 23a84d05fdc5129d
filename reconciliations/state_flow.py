"""The table of states: which acts a variance, a business day or an export allows, and which state follows."""

from typing import Final

from cashdesk.enums import VarianceState
from cashdesk.transitions import flow_of
from reconciliations.enums import Act, DayAct, DayState, ExportAct, ExportState

_S = VarianceState
_EXPLAINED: Final = (_S.EXPLAINED, _S.ESCALATED)
"""A variance that is escalated stays ESCALATED until an admin decides it (`domain.variance_acts`)."""

FLOW: Final = flow_of(
    {
        "variance": {
            _S.OPEN: {
                Act.EXPLAIN: _EXPLAINED,
                Act.WITNESS: _S.OPEN,
                Act.RECOUNT: _S.OPEN,
                Act.ESCALATE: _S.ESCALATED,
                Act.SUPERSEDE: _S.SUPERSEDED,
            },
            _S.EXPLAINED: {
                Act.EXPLAIN: _EXPLAINED,
                Act.WITNESS: _EXPLAINED,
                Act.RECOUNT: _EXPLAINED,
                Act.APPROVE: _S.APPROVED,
                Act.REJECT: _S.REJECTED,
                Act.ESCALATE: _S.ESCALATED,
                Act.SUPERSEDE: _S.SUPERSEDED,
            },
            _S.REJECTED: {
                Act.EXPLAIN: _EXPLAINED,
                Act.WITNESS: _S.REJECTED,
                Act.RECOUNT: _S.REJECTED,
                Act.ESCALATE: _S.ESCALATED,
                Act.SUPERSEDE: _S.SUPERSEDED,
            },
            _S.ESCALATED: {
                Act.EXPLAIN: _S.ESCALATED,
                Act.WITNESS: _S.ESCALATED,
                Act.RECOUNT: _S.ESCALATED,
                Act.APPROVE: _S.APPROVED,
                Act.REJECT: _S.REJECTED,
                Act.SUPERSEDE: _S.SUPERSEDED,
            },
            _S.APPROVED: {},
            _S.SUPERSEDED: {},
        },
        "business day": {
            DayState.OPEN: {DayAct.CLOSE: DayState.CLOSED},
            DayState.CLOSED: {},
        },
        "export": {
            ExportState.RUNNING: {
                ExportAct.FINISH: ExportState.DONE,
                ExportAct.BREAK_OFF: ExportState.BROKEN_OFF,
                ExportAct.FAIL: ExportState.FAILED,
            },
            ExportState.DONE: {},
            ExportState.BROKEN_OFF: {},
            ExportState.FAILED: {},
        },
    }
)
"""The actions that each state of a noun allows, and the states that follow (`cashdesk.transitions`)."""
