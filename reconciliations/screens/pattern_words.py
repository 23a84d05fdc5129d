"""What a review found, in words. They say what was counted, and never why (docs/patterns.md, "The words")."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cashdesk.formats import month, style
from reconciliations.patterns.close import Group
from reconciliations.patterns.evidence import Question
from reconciliations.patterns.figures import SHOWN_FROM
from reconciliations.patterns.review import COMPARED_FROM, PEERS_FROM, Outcome, Standing
from reconciliations.patterns.summary import Summary

POWER = (40, 100, 250)
"""From so many closes on, a review would have found more kinds of losses (docs/patterns.md, "What it can find")."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """An outcome in words: a headline, sentences, and the innocent explanations to look at first."""

    headline: str
    sentences: Sequence[str] = ()
    reasons: Sequence[str] = field(default_factory=tuple)
    stands_out: bool = False
    is_compared: bool = True
    """Whether there was enough data to compare."""


def percent(share: float) -> str:
    """Writes a share as so many of 100, such as "7"."""
    return f"{share:.0%}".rstrip("%")


def from_to(interval: tuple[float, float]) -> str:
    """Writes the interval of a share as so many of 100."""
    low, high = interval
    return _("%(low)s to %(high)s") % {"low": percent(low), "high": percent(high)}


def finding_of(group: Group, standing: Standing | None, summary: Summary | int) -> Finding:
    """Returns what the review found about the differences of a cashier, a register or a weekday."""
    if isinstance(summary, int) and standing is None:
        return _few(summary)
    if standing is None or standing.outcome == Outcome.TOO_FEW:
        return _not_comparable(group, standing or Standing())
    if standing.outcome == Outcome.NOTHING:
        return Finding(headline=_("Nothing stands out"), sentences=_nothing(standing))
    told = _short(group) if standing.outcome == Outcome.SHORT else _uneven(group)
    question = Question.SHORT if standing.outcome == Outcome.SHORT else Question.UNEVEN
    sentences = [*told.sentences]
    if isinstance(summary, Summary):
        sentences.append(
            _(
                "In the last twelve months %(unequal)s of %(closes)s closes were not exact: %(short)s short, %(over)s over."
            )
            % {
                "unequal": summary.unequal,
                "closes": summary.closes,
                "short": summary.short,
                "over": summary.over,
            }
        )
    sentences.append(
        _("First found with the closes of %(month)s. This stays here until the review year ends.")
        % {"month": month(standing.marks[question])}
    )
    return Finding(headline=told.headline, sentences=sentences, reasons=told.reasons, stands_out=True)


def _few(closes: int) -> Finding:
    told = ngettext(
        "%(count)s close in the last twelve months. Figures need %(needed)s.",
        "%(count)s closes in the last twelve months. Figures need %(needed)s.",
        closes,
    ) % {"count": closes, "needed": SHOWN_FROM}
    return Finding(headline=_("Not enough data"), sentences=[told], is_compared=False)


def _not_comparable(group: Group, standing: Standing) -> Finding:
    told = _(
        "A comparison needs %(needed)s comparable closes and %(peers_needed)s others to compare with. So far there are "
        "%(compared)s comparable closes and %(peers)s others."
    ) % {
        "compared": standing.compared,
        "needed": COMPARED_FROM,
        "peers": len(standing.peers),
        "peers_needed": PEERS_FROM,
    }
    sentences = [told, _comparable(group)]
    if group == Group.CASHIER and standing.closes >= COMPARED_FROM and not standing.peers:
        sentences = [_("Nobody else closes the same registers, so the person and the register cannot be told apart.")]
    return Finding(headline=_("Not enough data"), sentences=sentences, is_compared=False)


def _comparable(group: Group) -> str:
    if group == Group.CASHIER:
        return _(
            "Closes are comparable when others closed the same register on the same weekday of the month with a similar "
            "number of sales."
        )
    if group == Group.REGISTER:
        return _(
            "Closes are comparable when the same person closed another register on the same weekday of the month with a "
            "similar number of sales."
        )
    return _(
        "Closes are comparable when the same person closed the same register on another weekday of the month with a "
        "similar number of sales."
    )


def _nothing(standing: Standing) -> list[str]:
    sentences = [
        ngettext(
            "%(count)s comparable close differs from others no more than chance makes it.",
            "%(count)s comparable closes differ from others no more than chance makes them.",
            standing.compared,
        )
        % {"count": standing.compared}
    ]
    few, more, many = POWER
    if standing.compared < few:
        sentences.append(_("With so few closes only a large and steady loss would have shown."))
    elif standing.compared < more:
        sentences.append(
            _(
                "A steady loss on every close would have shown in 9 of 10 cases. Money that is missing now and then "
                "would probably not."
            )
        )
    elif standing.compared < many:
        sentences.append(
            _(
                "A steady loss on every close, or the smallest note missing on every second close, would have shown in "
                "about 9 of 10 cases."
            )
        )
    else:
        sentences.append(
            _(
                "A steady loss on every close, or the smallest note missing on every third close, would have shown in "
                "about 9 of 10 cases; on every fifth close in half of them."
            )
        )
    return sentences


def _uneven(group: Group) -> Finding:
    if group == Group.CASHIER:
        return Finding(
            headline=_("Not exact more often, or by more"),
            sentences=[_("These closes were not exact more often, or by more, than comparable closes of others.")],
            reasons=[
                _("Usual reasons: a float that was not counted, coins counted by weight, change given under pressure."),
                _("A register that several people use without a count between them."),
                _("Worth trying: count the float together, and a second count at the close."),
            ],
        )
    if group == Group.REGISTER:
        headline = _("This register is not exact more often, or by more, whoever works there")
    else:
        headline = _("This weekday is not exact more often, or by more, whoever works then")
    return Finding(headline=headline, reasons=_at_the_register())


def _short(group: Group) -> Finding:
    if group == Group.CASHIER:
        return Finding(
            headline=_("Short more often than comparable closes of others"),
            sentences=[
                _(
                    "The figures cannot say why. They are no proof of anything, and no ground for a measure against anybody."
                )
            ],
            reasons=[
                _("Look first at the register's prices and change buttons."),
                _("Refunds and paid-outs without a slip, and drops that were not booked."),
                _("The counts of the float before, and who else had the drawer."),
                _("Then talk with the person, and hear what they say."),
            ],
        )
    if group == Group.REGISTER:
        headline = _("This register is short more often than others, whoever works there")
    else:
        headline = _("This weekday is short more often than others, whoever works then")
    return Finding(headline=headline, reasons=_at_the_register())


def _at_the_register() -> list[str]:
    return [
        _("Look at the drawer, the coin trays, the price list, and the drops that are booked to it."),
        _("More sales bring more mistakes: a busy register or weekday may need more hands, and nothing else."),
    ]


def acts_in_words(standing: Standing | None) -> list[str]:
    """Returns a sentence for each act that was more frequent than at comparable closes, with its usual reason."""
    told = {
        Question.NO_SALES: _(
            "The drawer was opened without a sale more often than at comparable closes. Usual reasons: this person fetches "
            "the change, or tries a drawer that sticks."
        ),
        Question.REFUNDS: _(
            "Refunds were more frequent than at comparable closes. Usual reasons: this person has the service desk, or the "
            "right to refund."
        ),
        Question.PAID_OUTS: _(
            "Cash was paid out more often than at comparable closes. Usual reasons: this person pays the deliveries, or the "
            "small expenses of the shop."
        ),
    }
    return [told[question] for question in standing.acts] if standing is not None else []


def beyond_in_words(summary: Summary, currency: str) -> str:
    """Tells the closes with a larger difference than the cap, which are no part of the amount per 1,000 sales."""
    if not summary.beyond:
        return ""
    return ngettext(
        "Besides, %(count)s close has a difference larger than %(cap)s: %(amount)s.",
        "Besides, %(count)s closes have a difference larger than %(cap)s: together %(amount)s.",
        summary.beyond,
    ) % {
        "count": summary.beyond,
        "cap": style().amount(summary.cap, currency),
        "amount": style().signed(summary.beyond_amount, currency),
    }
