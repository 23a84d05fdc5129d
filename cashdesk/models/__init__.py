"""The models, one file per noun. Imported here so that Django finds them all."""

from cashdesk.models.access import AccessToken, RequestCount, SignInAttempt
from cashdesk.models.audit import AuditEntry
from cashdesk.models.browser_session import BrowserSession
from cashdesk.models.business_day import BusinessDay
from cashdesk.models.charge import Charge
from cashdesk.models.code_device import Authenticator, RecoveryCodes
from cashdesk.models.count import Count, CountAmount, CountPieces
from cashdesk.models.draft import Draft
from cashdesk.models.event import Event
from cashdesk.models.idempotency import IdempotentAnswer
from cashdesk.models.identity import Identity
from cashdesk.models.movement import Movement
from cashdesk.models.one_time_link import OneTimeLink
from cashdesk.models.order import Order
from cashdesk.models.organisation import Account, Store, Vendor
from cashdesk.models.payment import Payment, PaymentMethod
from cashdesk.models.person import User
from cashdesk.models.place import Place
from cashdesk.models.seal import Seal
from cashdesk.models.session import CashSession, ForeignCash, Shift
from cashdesk.models.session_note import SessionNote
from cashdesk.models.setup_link import SetupLink
from cashdesk.models.trusted_till import TrustedTill, WrongPin
from cashdesk.models.variance import Variance
from cashdesk.models.webhook import WebhookAttempt, WebhookDelivery, WebhookEndpoint, WebhookLane, WebhookSecret

__all__ = [
    "AccessToken",
    "Account",
    "AuditEntry",
    "Authenticator",
    "BrowserSession",
    "BusinessDay",
    "CashSession",
    "Charge",
    "Count",
    "CountAmount",
    "CountPieces",
    "Draft",
    "Event",
    "ForeignCash",
    "IdempotentAnswer",
    "Identity",
    "Movement",
    "OneTimeLink",
    "Order",
    "Payment",
    "PaymentMethod",
    "Place",
    "RecoveryCodes",
    "RequestCount",
    "Seal",
    "SessionNote",
    "SetupLink",
    "Shift",
    "SignInAttempt",
    "Store",
    "TrustedTill",
    "User",
    "Variance",
    "Vendor",
    "WebhookAttempt",
    "WebhookDelivery",
    "WebhookEndpoint",
    "WebhookLane",
    "WebhookSecret",
    "WrongPin",
]
