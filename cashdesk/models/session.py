"""Cash sessions. The shifts API calls them shifts; both names mean the same row (docs/decisions/0002)."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext as _

from cashdesk.enums import PlaceKind, SessionStatus
from cashdesk.models.organisation import Store
from cashdesk.models.person import User
from cashdesk.models.place import Place
from cashdesk.models.public_id import PublicIdModel
from cashdesk.models.seal import Seal


class CashSession(PublicIdModel):
    """One cashier with one register, one float and one count. Amounts are in minor units of `currency`.

    While the session is open, its three final amounts are empty, so that nobody can see an expected amount (law 5). The
    close sets the final amounts. After that a trigger refuses every change of the row (law 4).
    """

    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="sessions", db_index=False)
    register = models.ForeignKey(
        Place,
        on_delete=models.PROTECT,
        related_name="sessions",
        limit_choices_to={"kind": PlaceKind.REGISTER},
        db_index=False,
    )
    user = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="sessions", verbose_name="cashier", db_index=False
    )
    status = models.CharField(max_length=16, choices=SessionStatus.choices, default=SessionStatus.OPEN)
    currency = models.CharField(max_length=3)
    business_date = models.DateField(help_text="The store's business date at the opening.")
    start_amount = models.BigIntegerField(help_text="The float that the cashier counted at the opening.")
    opening_difference = models.BigIntegerField(
        default=0, help_text="Float minus the register's balance before the opening. It arose between two sessions."
    )
    is_handed_over = models.BooleanField(
        default=False, help_text="Closed with a count. The cash stayed in the drawer for the next cashier to count in."
    )
    is_cancelled = models.BooleanField(
        "opening cancelled",
        default=False,
        help_text="Opened by mistake: nothing moved and the float was returned. The drawer was not counted.",
    )
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, db_index=False)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, db_index=False)
    expected_amount = models.BigIntegerField(null=True, help_text="Frozen at the close.")
    declared_amount = models.BigIntegerField(
        null=True, help_text="The amount that the cashier counted; 0 after a forced close."
    )
    difference = models.BigIntegerField(null=True, help_text="Declared minus expected.")
    seal = models.OneToOneField(Seal, on_delete=models.PROTECT, related_name="session", null=True)

    class Meta:
        ordering = ("-opened_at", "-pk")
        constraints = (
            # Law 3. domain.session.opening checks this under the lock, and the API answers 409. The constraints refuse the
            # second of two requests that arrive at the same moment.
            models.UniqueConstraint(
                fields=("user",), condition=Q(status=SessionStatus.OPEN), name="session_one_open_per_cashier"
            ),
            models.UniqueConstraint(
                fields=("register",), condition=Q(status=SessionStatus.OPEN), name="session_one_open_per_register"
            ),
            models.CheckConstraint(condition=Q(status__in=SessionStatus.values), name="session_status_is_known"),
            models.CheckConstraint(condition=Q(start_amount__gte=0), name="session_start_not_negative"),
            # Law 5: an open session stores no expected amount, so nobody can see it. A closed session has all final amounts.
            models.CheckConstraint(
                condition=Q(
                    status=SessionStatus.OPEN,
                    closed_at__isnull=True,
                    expected_amount__isnull=True,
                    declared_amount__isnull=True,
                    difference__isnull=True,
                    seal__isnull=True,
                )
                | (
                    ~Q(status=SessionStatus.OPEN)
                    & Q(
                        closed_at__isnull=False,
                        expected_amount__isnull=False,
                        # NOT NULL per column: a CHECK passes when a comparison with NULL is unknown.
                        declared_amount__isnull=False,
                        declared_amount__gte=0,
                        difference__isnull=False,
                        difference=F("declared_amount") - F("expected_amount"),
                        seal__isnull=False,
                    )
                ),
                name="session_figures_only_when_closed",
            ),
            models.CheckConstraint(
                condition=~Q(status=SessionStatus.CLOSED_SYSTEM) | Q(declared_amount=0),
                name="session_forced_close_declares_zero",
            ),
            models.CheckConstraint(
                condition=Q(is_handed_over=False) | Q(status=SessionStatus.CLOSED),
                name="session_handed_over_is_counted",
            ),
            # A cancelled opening has the status CLOSED, because the API publishes no other status for it. Its expected and
            # its declared amount are the float, so the difference is 0.
            models.CheckConstraint(
                condition=Q(is_cancelled=False)
                | Q(
                    status=SessionStatus.CLOSED,
                    is_handed_over=False,
                    expected_amount=F("start_amount"),
                    declared_amount=F("start_amount"),
                    difference=0,
                ),
                name="session_cancelled_is_as_opened",
            ),
        )
        indexes = (
            # queries.sessions(): the list of a store or a person, newest first, by cursor.
            models.Index(fields=("store", "-opened_at", "-id"), name="session_of_store_newest"),
            models.Index(fields=("user", "-opened_at", "-id"), name="session_of_user_newest"),
            # queries.sessions() for an admin: the whole account, newest first, without a sort.
            models.Index(fields=("-opened_at", "-id"), name="session_newest"),
            # domain.visibility.with_shown_result() and domain.payment.references: the later sessions of a register, and its
            # last session.
            models.Index(fields=("register", "-id"), name="session_of_register"),
            # queries.shift_summary(): the sessions of a store by business date. And the first opening of a day.
            models.Index(fields=("store", "business_date", "opened_at"), name="session_of_business_date"),
            # The list of the back office: by state, which is rare except for closed ones; and by difference, of all stores.
            models.Index(fields=("status", "-opened_at", "-id"), name="session_of_status_newest"),
            models.Index(fields=("-opened_at",), condition=Q(is_handed_over=True), name="session_handed_over_newest"),
            models.Index(fields=("-opened_at",), condition=Q(is_cancelled=True), name="session_cancelled_newest"),
            models.Index(
                fields=("difference", "id"),
                condition=Q(difference__lt=0) | Q(difference__gt=0),
                name="session_by_difference",
            ),
        )

    def __str__(self) -> str:
        return _("Session %(number)s") % {"number": self.pk}

    @property
    def is_open(self) -> bool:
        """Whether the session is still open."""
        return self.status == SessionStatus.OPEN

    @property
    def is_counted(self) -> bool:
        """Whether a person counted the closing amount. False after a forced close or a cancelled opening."""
        return self.status == SessionStatus.CLOSED and not self.is_cancelled


class ForeignCash(models.Model):
    """The final amounts of another currency in the drawer of a closed session.

    Rows never change. Amounts are in minor units. `counted_amount` is empty if nobody counted this currency at the
    close. Then the variance queue has a row for it.
    """

    session = models.ForeignKey(CashSession, on_delete=models.PROTECT, related_name="foreign_cash", db_index=False)
    currency = models.CharField(max_length=3)
    expected_amount = models.BigIntegerField()
    counted_amount = models.BigIntegerField(null=True)
    difference = models.BigIntegerField(null=True, help_text="Counted minus expected.")
    stays = models.BooleanField(help_text="The cash stayed in the drawer: handed over, or not counted.")

    class Meta:
        ordering = ("session", "currency")
        verbose_name_plural = "foreign cash"
        constraints = (
            models.UniqueConstraint(fields=("session", "currency"), name="foreign_cash_once_per_currency"),
            models.CheckConstraint(
                condition=Q(counted_amount__isnull=True, difference__isnull=True, stays=True)
                | Q(
                    counted_amount__isnull=False,
                    counted_amount__gte=0,
                    difference__isnull=False,
                    difference=F("counted_amount") - F("expected_amount"),
                ),
                name="foreign_cash_adds_up",
            ),
        )

    def __str__(self) -> str:
        return f"{self.currency} of session {self.session_id}"


class Shift(CashSession):
    """A cash session with the names that the shifts API uses."""

    class Meta:
        proxy = True

    @classmethod
    def of(cls, session: CashSession) -> "Shift":
        """Returns a session as a `Shift`, without a query."""
        shift = cls.__new__(cls)
        shift.__dict__.update(session.__dict__)
        return shift

    @property
    def start_cash(self) -> int:
        """The float in minor units."""
        return self.start_amount

    @property
    def expected_cash_end(self) -> int | None:
        """The expected closing amount in minor units; None while open."""
        return self.expected_amount

    @property
    def actual_cash_end(self) -> int | None:
        """The counted closing amount in minor units: 0 after a forced close, None while open."""
        return self.declared_amount

    @property
    def cash_difference(self) -> int | None:
        """Actual minus expected, in minor units; None while open."""
        return self.difference

    @property
    def state(self) -> str:
        """The state as text. The API contract has only `open` and `closed`."""
        return "open" if self.is_open else "closed"
