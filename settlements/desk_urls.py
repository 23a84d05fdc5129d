"""Page routes for moving money: no sale, vault, change orders, deposits. Paths have no trailing slash."""

from django.urls import path

from settlements.screens.change_orders import arrive_page, cancel_page, order_change_page, order_page, orders_page
from settlements.screens.deposits import (
    collect_page,
    correct_credit_page,
    credit_page,
    deposit_page,
    deposits_page,
    prepare_page,
)
from settlements.screens.no_sale import no_sale_page
from settlements.screens.payouts import payout_new_page, payout_reverse_page, payouts_page
from settlements.screens.report_files import deposit_file_page
from settlements.screens.vault_money import change_page, fetch_page, loan_page, pay_in_page, pay_out_page
from settlements.screens.vault_movements import movements_page, reverse_page

urlpatterns = [
    path("desk/no-sale", no_sale_page, name="desk-no-sale"),
    path("vault/change", change_page, name="vault-change"),
    path("vault/orders", orders_page, name="vault-orders"),
    path("vault/orders/new", order_change_page, name="vault-order-new"),
    path("vault/orders/<uuid:order>", order_page, name="vault-order"),
    path("vault/orders/<uuid:order>/arrive", arrive_page, name="vault-order-arrive"),
    path("vault/orders/<uuid:order>/cancel", cancel_page, name="vault-order-cancel"),
    path("money/payouts", payouts_page, name="payouts"),
    path("money/payouts/new", payout_new_page, name="payout-new"),
    path("money/payouts/<uuid:payout>/reverse", payout_reverse_page, name="payout-reverse"),
    path("vault/loan", loan_page, name="vault-loan"),
    path("vault/fetch", fetch_page, name="vault-fetch"),
    path("vault/pay-in", pay_in_page, name="vault-pay-in"),
    path("vault/pay-out", pay_out_page, name="vault-pay-out"),
    path("vault/movements", movements_page, name="vault-movements"),
    path("vault/movements/<uuid:movement>/reverse", reverse_page, name="vault-movement-reverse"),
    path("vault/deposits", deposits_page, name="vault-deposits"),
    path("vault/deposits/new", prepare_page, name="vault-deposit-new"),
    path("vault/deposits/<uuid:deposit>", deposit_page, name="vault-deposit"),
    path("vault/deposits/<uuid:deposit>.<slug:file_format>", deposit_file_page, name="vault-deposit-file"),
    path("vault/deposits/<uuid:deposit>/collect", collect_page, name="vault-deposit-collect"),
    path("vault/deposits/<uuid:deposit>/credit", credit_page, name="vault-deposit-credit"),
    path("vault/deposits/<uuid:deposit>/correct-credit", correct_credit_page, name="vault-deposit-correct"),
]
