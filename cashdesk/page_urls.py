"""Page routes of this app: sign-in and the cashier's desk. Paths have no trailing slash."""

from django.urls import path
from django.views.generic import RedirectView

from cashdesk.screens.account import account_page, end_sign_in_page, sign_out_everywhere_page
from cashdesk.screens.account_pin import pin_page as account_pin_page
from cashdesk.screens.account_provider import provider_page as account_provider_page
from cashdesk.screens.audit_counting import audit_count_page, audited_page
from cashdesk.screens.cancelling import cancel_page
from cashdesk.screens.counting import count_for_page, count_page, hand_over_page
from cashdesk.screens.desk import desk_page
from cashdesk.screens.drafts import begin_anew_page, go_on_page, save_page
from cashdesk.screens.drawers import drawers_page
from cashdesk.screens.forgotten import forgotten_page, handed_code_page, link_page
from cashdesk.screens.home import about_page, home_page
from cashdesk.screens.language import choose_language_page
from cashdesk.screens.let_in import let_in_page
from cashdesk.screens.moving import drop_page, pay_in_page, pay_out_page
from cashdesk.screens.opening import open_page
from cashdesk.screens.password import password_page
from cashdesk.screens.provider_sign_in import from_provider, signed_out_there, to_provider
from cashdesk.screens.result import note_page, result_page
from cashdesk.screens.second_factor_pages import add_page, remove_page, renew_codes_page, second_factor_page
from cashdesk.screens.setup import setup_page
from cashdesk.screens.sign_in import sign_in_page, sign_out
from cashdesk.screens.sign_in_code import code_page, must_add_page
from cashdesk.screens.sign_in_pin import confirm_page, pin_page
from cashdesk.screens.stores import choose_store_page, stores_page
from cashdesk.screens.taking_back import take_back_page
from cashdesk.web.installable import manifest, offline_page, service_worker

urlpatterns = [
    path("", home_page, name="home"),
    path("setup", setup_page, name="setup"),
    path("about", about_page, name="about"),
    path("stores", stores_page, name="all-stores"),
    path("stores/choose", choose_store_page, name="choose-store"),
    path("drawers", drawers_page, name="drawers"),
    path("sign-in", sign_in_page, name="sign-in"),
    path("sign-in/code", code_page, name="sign-in-code"),
    path("sign-in/second-factor", must_add_page, name="sign-in-second-factor"),
    path("sign-in/provider", to_provider, name="provider"),
    path("sign-in/provider/back", from_provider, name="provider-back"),
    path("sign-in/pin", pin_page, name="sign-in-pin"),
    path("confirm", confirm_page, name="confirm"),
    path("sign-out", sign_out, name="sign-out"),
    path("sign-out/done", signed_out_there, name="signed-out-there"),
    path("account", account_page, name="account"),
    path("account/pin", account_pin_page, name="account-pin"),
    path("account/provider", account_provider_page, name="account-provider"),
    path("account/end-sign-in", end_sign_in_page, name="account-end-sign-in"),
    path("account/sign-out-everywhere", sign_out_everywhere_page, name="account-sign-out-everywhere"),
    path("account/second-factor", second_factor_page, name="second-factor"),
    path("account/second-factor/new", add_page, name="second-factor-new"),
    path("account/second-factor/recovery-codes", renew_codes_page, name="second-factor-codes"),
    path("account/second-factor/remove", remove_page, name="second-factor-remove"),
    path("password", password_page, name="password"),
    path("password/forgotten", forgotten_page, name="password-forgotten"),
    path("password/code", handed_code_page, name="password-code"),
    path("link/<str:secret>", link_page, name="one-time-link"),
    path("people/<uuid:person>/new-password", let_in_page, name="person-new-password"),
    # Replaces the admin's own password page, which would leave the person's other sign-ins active.
    path("admin/password_change/", RedirectView.as_view(pattern_name="password")),
    path("language", choose_language_page, name="language"),
    path("manifest.webmanifest", manifest, name="manifest"),
    path("service-worker.js", service_worker, name="service-worker"),
    path("offline", offline_page, name="offline"),
    path("desk", desk_page, name="desk"),
    path("desk/open", open_page, name="desk-open"),
    path("desk/cancel-opening", cancel_page, name="desk-cancel-opening"),
    path("desk/pay-in", pay_in_page, name="desk-pay-in"),
    path("desk/pay-out", pay_out_page, name="desk-pay-out"),
    path("desk/drop", drop_page, name="desk-drop"),
    path("desk/movements/<uuid:movement>/take-back", take_back_page, name="desk-take-back"),
    path("desk/count", count_page, name="desk-count"),
    path("desk/draft", save_page, name="draft"),
    path("desk/draft/go-on", go_on_page, name="draft-go-on"),
    path("desk/draft/anew", begin_anew_page, name="draft-anew"),
    path("desk/hand-over", hand_over_page, name="desk-hand-over"),
    path("drawers/<uuid:session>/audit-count", audit_count_page, name="audit-count"),
    path("drawers/<uuid:session>/audit-counts/<int:count>", audited_page, name="audited"),
    path("desk/sessions/<uuid:session>", result_page, name="desk-result"),
    path("desk/sessions/<uuid:session>/count", count_for_page, name="session-count"),
    path("desk/sessions/<uuid:session>/note", note_page, name="desk-result-note"),
]
