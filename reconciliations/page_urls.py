"""Page routes of this app: Today, variances, the search, exports and recounts."""

from django.urls import path

from reconciliations.screens.board import board_now_page, board_page
from reconciliations.screens.expected_now import expected_now_page
from reconciliations.screens.exports import (
    export_all_page,
    export_all_progress_page,
    export_file_page,
    export_progress_page,
    exports_page,
)
from reconciliations.screens.money import money_page, position_file_page
from reconciliations.screens.pattern_setting import pattern_setting_page
from reconciliations.screens.patterns import (
    own_patterns_page,
    pattern_people_page,
    pattern_person_page,
    pattern_register_page,
    patterns_page,
)
from reconciliations.screens.range_reports import operator_page, over_short_page
from reconciliations.screens.recount import recount_page, session_recount_page
from reconciliations.screens.repayment import repayment_page, session_repayment_page
from reconciliations.screens.report_mail import report_mail_page
from reconciliations.screens.search import search_page
from reconciliations.screens.store_days import reports_page, store_day_file_page, store_day_page
from reconciliations.screens.today import today_now_page, today_page
from reconciliations.screens.trail import day_trail_page, trail_page
from reconciliations.screens.variances import variance_page_of, variances_page

urlpatterns = [
    path("today", today_page, name="today"),
    path("today/<uuid:store>/now", today_now_page, name="today-now"),
    path("today/<uuid:store>/registers/<int:number>/expected", expected_now_page, name="expected-now"),
    path("board", board_page, name="board"),
    path("board/now", board_now_page, name="board-now"),
    path("money", money_page, name="money"),
    path("search", search_page, name="search"),
    path("patterns", patterns_page, name="patterns"),
    path("patterns/me", own_patterns_page, name="patterns-own"),
    path("patterns/<uuid:store>/people", pattern_people_page, name="patterns-people"),
    path("patterns/<uuid:store>/people/<uuid:person>", pattern_person_page, name="patterns-person"),
    path("patterns/<uuid:store>/registers/<int:number>", pattern_register_page, name="patterns-register"),
    path("settings/patterns", pattern_setting_page, name="settings-patterns"),
    path("desk/sessions/<uuid:session>/recount", session_recount_page, name="session-recount"),
    path("desk/sessions/<uuid:session>/repay", session_repayment_page, name="session-repay"),
    path("variances", variances_page, name="variance-list"),
    path("variances/<uuid:variance>", variance_page_of, name="variance-page"),
    path("variances/<uuid:variance>/repay", repayment_page, name="repay"),
    path("variances/<uuid:variance>/recount", recount_page, name="recount"),
    path("reports", reports_page, name="reports"),
    path("reports/trail/<slug:noun>/<uuid:thing>", trail_page, name="trail"),
    path("reports/trail/<slug:noun>/<uuid:thing>.<slug:file_format>", trail_page, name="trail-file"),
    path("reports/days/<uuid:store>/<int:number>/trail", day_trail_page, name="day-trail"),
    path("reports/days/<uuid:store>/<int:number>/trail.<slug:file_format>", day_trail_page, name="day-trail-file"),
    path("reports/mail", report_mail_page, name="report-mail"),
    path("reports/over-short", over_short_page, name="over-short"),
    path("reports/over-short.<slug:file_format>", over_short_page, name="over-short-file"),
    path("reports/operator", operator_page, name="operator-month"),
    path("reports/operator.<slug:file_format>", operator_page, name="operator-month-file"),
    path("reports/position.<slug:file_format>", position_file_page, name="position-file"),
    path("reports/days/<uuid:store>/<int:number>", store_day_page, name="store-day"),
    path("reports/days/<uuid:store>/<int:number>.<slug:file_format>", store_day_file_page, name="store-day-file"),
    path("reports/exports/", exports_page, name="exports"),
    path("reports/exports/all", export_all_page, name="export-all"),
    path("reports/exports/all/<uuid:export>/progress", export_all_progress_page, name="export-all-progress"),
    path("reports/exports/file", export_file_page, name="export-file"),
    path("reports/exports/<uuid:export>/progress", export_progress_page, name="export-progress"),
]
