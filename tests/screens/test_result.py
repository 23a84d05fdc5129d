"""The result of a drawer: what happened in one sentence, what happens next, and the cashier's note."""

from datetime import timedelta

import pytest
from django.utils import timezone

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.session.closing import close_session, force_close_session
from cashdesk.domain.session.opening import open_session
from cashdesk.domain.session.session_note import NOTE_MAX, NOTES_MAX, add_note
from cashdesk.errors import Conflict, Forbidden
from cashdesk.models import AuditEntry, CashSession, Draft, SessionNote, User, Variance
from cashdesk.screens.result import STEPS_SHOWN_FOR
from reconciliations.domain.variance_acts import approve_variance, explain_variance
from tests.admin.back_office import page_of, sits_down
from tests.cashdesk.desk import counted, open_drawer, sell
from tests.screens.desk import Browser
from tests.stories import Cast, counted_queries

TOLERANCE = 2_00


@pytest.fixture
def carla(cast: Cast) -> Browser:
    """Carla, in a store that accepts differences up to 2.00."""
    cast.store.tolerance_minor = TOLERANCE
    cast.store.save()
    return Browser(cast.carla)


def opened(user: User, amount: int, *, station: int = 1) -> CashSession:
    """Opens a drawer now: its page says what happens next only soon after the close."""
    return open_session(user=user, counted=counted(amount), by=Principal(user=user), at=timezone.now(), station=station)


def path_of(session: CashSession, act: str = "") -> str:
    """Returns the path of a session's result."""
    return f"/desk/sessions/{session.uuid}{act}"


def next_steps(browser: Browser) -> str:
    """Returns the text of the steps on the page, or ""."""
    return browser.text.partition("What happens next ")[2].partition(" Go to the desk")[0]


@pytest.mark.parametrize(
    ("amount", "title", "outcome"),
    [
        ("100", "The drawer is balanced", "The count is as expected. There is nothing to explain."),
        ("98", "Short by €2.00", "This store accepts differences up to €2.00, so nobody has to review this one."),
        ("97.99", "Short by €2.01", "This store accepts differences up to €2.00. This one is larger, so a manager reviews it."),
        ("103", "Over by €3.00", "This one is larger, so a manager reviews it."),
    ],
)  # fmt: skip
def test_one_sentence_says_what_the_difference_means(
    cast: Cast, carla: Browser, amount: str, title: str, outcome: str
) -> None:
    opened(cast.carla, 100_00)
    carla.count({"amount": amount})
    carla.follow()
    assert title in carla.text
    assert outcome in carla.text
    assert ("A manager reviews the difference" in next_steps(carla)) is Variance.objects.exists()


def test_a_store_without_a_tolerance_says_so(cast: Cast) -> None:
    cast.store.tolerance_minor = 0
    cast.store.save()
    opened(cast.carla, 100_00)
    carla = Browser(cast.carla)
    carla.count({"amount": "99.99"})
    carla.follow()
    assert "This store accepts no difference, so a manager reviews it." in carla.text


def test_the_cash_is_divided_between_the_drawer_and_the_safe(cast: Cast, carla: Browser) -> None:
    cast.store.float_template = {"2000": 2}
    cast.store.save()
    opened(cast.carla, 100_00)
    carla.fill("/desk/count", {"pieces-2000": "3", "pieces-1000": "4"})
    assert "Keep as float €40.00" in carla.text
    assert "Put into the safe €60.00" in carla.text
    assert "€20 3 2 1 60.00" in carla.text
    assert "Total 40.00 60.00 100.00" in carla.text
    carla.send("/desk/count", {"step": "close"})
    carla.follow()
    steps = next_steps(carla)
    assert steps.startswith(
        "Leave €40.00 in the drawer This is the float for the next cashier. The books count it with the safe until then."
    )
    assert "Put €60.00 into the safe The slip lists the notes and coins." in steps
    assert steps.endswith("The drawer is done The next person can open it.")


def test_a_handed_over_drawer_divides_nothing_and_keeps_its_cash(cast: Cast, carla: Browser) -> None:
    opened(cast.carla, 100_00)
    carla.fill("/desk/hand-over", {"pieces-2000": "5"})
    assert "Keep as float" not in carla.text
    carla.send("/desk/hand-over", {"step": "close"})
    carla.follow()
    assert next_steps(carla).startswith("Leave all cash in the drawer The next cashier counts it again.")
    assert "Come back for your result" in carla.text


def test_the_steps_are_for_the_cashier_and_for_today(cast: Cast, carla: Browser) -> None:
    session = opened(cast.carla, 100_00)
    carla.count({"amount": "100"})
    carla.follow()
    assert next_steps(carla)
    erika = Browser(cast.erika)
    erika.get(path_of(session))
    assert not next_steps(erika)
    old = open_drawer(cast.carla, 100_00, station=2)
    at = timezone.now() - STEPS_SHOWN_FOR - timedelta(minutes=1)
    close_session(session=old, counted=counted(100_00), by=Principal(user=cast.carla), at=at)
    carla.get(path_of(old))
    assert not next_steps(carla)


def test_a_note_is_kept_added_to_and_shown_to_the_manager_beside_the_difference(cast: Cast, carla: Browser) -> None:
    session = opened(cast.carla, 100_00)
    carla.count({"amount": "90"})
    carla.follow()
    assert "Note for the manager" in carla.text
    carla.send(path_of(session, "/note"), {"note": "a ten\nfor a five"})
    assert carla.page.headers["Location"] == f"{path_of(session)}?notice=noted"
    carla.follow()
    assert "Your note is saved. The manager can read it." in carla.text
    assert "Add to your note" in carla.text
    carla.send(path_of(session, "/note"), {"note": "and <b>again</b>"})
    assert [note.text for note in SessionNote.objects.all()] == ["a ten for a five", "and <b>again</b>"]
    assert AuditEntry.objects.filter(action="session.noted", subject=f"session:{session.pk}").count() == 2
    assert not Draft.objects.exists()
    erika = sits_down(cast.erika)
    queue = erika.get(page_of(Variance.objects.get())).content.decode()
    assert queue.index("a ten for a five") < queue.index("and &lt;b&gt;again&lt;/b&gt;")
    page = Browser(cast.erika)
    page.get(path_of(session))
    assert "a ten for a five" in page.text
    assert "Note for the manager" not in page.text


def test_a_note_sent_twice_is_kept_once(cast: Cast, carla: Browser) -> None:
    session = opened(cast.carla, 100_00)
    carla.count({"amount": "90"})
    carla.follow()
    form = {**carla.hidden(), "note": "once"}
    answers = [carla.client.post(path_of(session, "/note"), form) for _turn in range(2)]
    assert {answer.status_code for answer in answers} == {303}
    assert SessionNote.objects.count() == 1


@pytest.mark.parametrize(("note", "words"), [("  ", "Enter a note."), ("x" * 501, "Enter at most 500 characters.")])
def test_a_note_that_is_wrong_stays_typed(cast: Cast, carla: Browser, note: str, words: str) -> None:
    session = opened(cast.carla, 100_00)
    carla.count({"amount": "90"})
    carla.follow()
    carla.send(path_of(session, "/note"), {"note": note})
    assert carla.page.status_code == 400
    assert words in carla.text
    assert "Short by €10.00" in carla.text
    assert f">{note}</textarea>" in carla.page.content.decode()
    assert not SessionNote.objects.exists()


@pytest.mark.parametrize("amount", ["240", "243.21"])
def test_a_note_is_offered_before_the_result_is_known_and_reveals_nothing(
    cast: Cast, carla: Browser, amount: str
) -> None:
    """Neither the offer nor the answer depends on a difference (law 5)."""
    session = opened(cast.carla, 150_00)
    sell(session, 93_21)
    carla.fill("/desk/hand-over", {"amount": amount})
    carla.send("/desk/hand-over", {"step": "close"})
    carla.follow()
    before = carla.text
    assert "Note for the manager" in before
    carla.send(path_of(session, "/note"), {"note": "the till was slow"})
    carla.follow()
    for text in (before, carla.text):
        for figure in ("3.21", "243.21", "93.21", "manager reviews", "accepts"):
            assert figure not in text, figure


def test_nobody_else_adds_a_note_and_not_to_an_open_drawer(cast: Cast, carla: Browser) -> None:
    session = opened(cast.carla, 100_00)
    carla.get(path_of(session))
    assert "Note for the manager" not in carla.text
    at = timezone.now()
    with pytest.raises(Conflict):
        add_note(session=session, text="too early", by=Principal(user=cast.carla), at=at)
    force_close_session(session=session, by=Principal(user=cast.erika), at=at, reason="left")
    for stranger in (cast.bruno, cast.erika):
        with pytest.raises(Forbidden):
            add_note(session=session, text="not mine", by=Principal(user=stranger), at=at)
    carla.get(path_of(session))
    assert "Note for the manager" in carla.text
    assert Browser(cast.bruno).get(path_of(session, "/note")).status_code == 404


def test_a_drawer_has_a_limited_number_of_notes(cast: Cast, carla: Browser) -> None:
    session = opened(cast.carla, 100_00)
    carla.count({"amount": "90"})
    by = Principal(user=cast.carla)
    for number in range(NOTES_MAX):
        add_note(session=session, text=f"{number}", by=by, at=timezone.now())
    carla.follow()
    carla.send(path_of(session, "/note"), {"note": "x" * NOTE_MAX})
    assert carla.page.status_code == 409
    assert "This drawer has enough notes." in carla.text


def test_the_latest_drawers_tell_their_results(cast: Cast, carla: Browser) -> None:
    by = Principal(user=cast.carla)
    for amount in ("100", "99.50", "101", "80"):
        opened(cast.carla, 100_00)
        carla.count({"amount": amount})
    carla.get("/desk")
    told = carla.text.partition("Your latest drawers")[2]
    for words in ("Balanced", "short by €0.50", "over by €1.00", "short by €20.00 a manager reviews it"):
        assert words in told, words
    assert told.index("short by €20.00") < told.index("over by €1.00") < told.index("Balanced")
    variance = Variance.objects.get()
    manager, at = Principal(user=cast.erika), timezone.now()
    explain_variance(variance=variance, reason="OTHER", notes="seen", by=manager, at=at)
    approve_variance(variance=variance, by=manager, at=at)
    carla.get("/desk")
    assert "short by €20.00 reviewed by a manager" in carla.text
    left = opened(cast.carla, 100_00)
    close_session(session=left, counted=counted(60_00), by=by, at=timezone.now(), hands_over=True)
    carla.get("/desk")
    told = carla.text.partition("Your latest drawers")[2]
    assert "handed over, not counted by the next person yet" in told
    assert "40.00" not in told
    opened(cast.bruno, 55_00)
    carla.get("/desk")
    assert "short by €40.00" in carla.text


def test_a_drawer_closed_without_a_count_tells_no_figure(cast: Cast, carla: Browser) -> None:
    session = opened(cast.carla, 123_45)
    force_close_session(session=session, by=Principal(user=cast.erika), at=timezone.now(), reason="left")
    carla.get("/desk")
    told = carla.text.partition("Your latest drawers")[2]
    assert "closed without a count, not counted by another person yet" in told
    assert "123" not in told


def test_a_managers_own_drawer_tells_no_figure_before_its_count(cast: Cast) -> None:
    """The list writes no audit entry, so it shows what needs one to nobody."""
    session = opened(cast.erika, 100_00)
    close_session(
        session=session, counted=counted(60_00), by=Principal(user=cast.erika), at=timezone.now(), hands_over=True
    )
    erika = Browser(cast.erika)
    erika.get("/desk")
    assert "40.00" not in erika.text
    assert not AuditEntry.objects.filter(action="expected.seen").exists()


@pytest.mark.parametrize("drawers", [1, 3])
def test_the_list_costs_the_same_however_many_drawers_it_has(cast: Cast, carla: Browser, drawers: int) -> None:
    for _drawer in range(drawers):
        opened(cast.carla, 100_00)
        carla.count({"amount": "90"})
    carla.get("/desk")
    with counted_queries() as queries:
        carla.get("/desk")
    assert carla.text.count("short by €10.00") == drawers
    assert len(queries) == 10


def test_the_result_costs_the_same_however_many_notes_it_has(cast: Cast, carla: Browser) -> None:
    session = opened(cast.carla, 100_00)
    carla.count({"pieces-2000": "4"})
    by = Principal(user=cast.carla)
    carla.get(path_of(session))
    numbers = []
    for _turn in range(2):
        add_note(session=session, text="again", by=by, at=timezone.now())
        with counted_queries() as queries:
            carla.get(path_of(session))
        numbers.append(len(queries))
    assert numbers[0] == numbers[1]
