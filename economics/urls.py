"""Addresses of the money."""

from django.urls import path

from economics.views import (
    book_import,
    charts,
    days,
    expenses,
    focus,
    guardrails,
    listings,
    market,
    model_config,
    overview,
    plan,
    plan_charts,
    plan_csv,
    plan_launch,
    prices,
    reconciliation,
    statements,
    strategy,
    usage,
)

app_name = "economics"
urlpatterns = [
    path("", overview.overview, name="overview"),
    path("overview/live/", overview.overview_live, name="overview-live"),
    path("overview/alarms/", overview.overview_alarms, name="overview-alarms"),
    path("overview/demo/", overview.overview_demo, name="overview-demo"),
    path("charts/profit.json", charts.profit_json, name="profit-json"),
    path("charts/profit/table/", charts.profit_table, name="profit-table"),
    path("charts/profit.csv", charts.profit_csv, name="profit-csv"),
    path("plan/strategy/", strategy.strategy, name="strategy"),
    path("plan/", plan.plan, name="plan"),
    path("plan/refused/", plan.plan_refused, name="plan-refused"),
    path("plan/deploy/", plan_launch.deploy, name="plan-deploy"),
    path("plan/model/", model_config.model_config, name="model-config"),
    path("plan/frontier.json", plan_charts.frontier_json, name="plan-frontier"),
    path("plan/options.json", plan_charts.scatter_json, name="plan-options"),
    path("plan/options.csv", plan_csv.plan_csv, name="plan-csv"),
    path("plan/<str:chart>/table/", plan_charts.plan_table, name="plan-table"),
    path("market/", market.market, name="market"),
    path("market/lines.json", market.market_lines, name="market-lines"),
    path("market/offers.csv", market.market_csv, name="market-csv"),
    path("market/dots/<str:token_class>.json", market.market_dots, name="market-dots"),
    path("market/listing/", listings.listings, name="listings"),
    path("market/listing/<str:slug>/", listings.listing, name="listing"),
    path("prices/", prices.prices, name="prices"),
    path("books/", days.days, name="days"),
    path("books/days.csv", days.days_csv, name="days-csv"),
    path("books/focus.csv", focus.focus_csv, name="focus-csv"),
    path("books/bill/", reconciliation.reconciliation, name="reconciliation"),
    path("books/bill.csv", reconciliation.reconciliation_csv, name="reconciliation-csv"),
    path("books/usage/", usage.usage, name="usage"),
    path("books/expenses/", expenses.expenses, name="expenses"),
    path("books/expenses.csv", expenses.expenses_csv, name="expenses-csv"),
    path(
        "books/expenses/<int:pk>/reverse/", expenses.expense_reverse, name="expense-reverse"
    ),
    path("books/statements/", statements.statements, name="statements"),
    path(
        "books/statements/<str:month>/", statements.statement_month, name="statement-month"
    ),
    path(
        "books/statements/<str:month>/models.csv",
        statements.statement_csv,
        name="statement-csv",
    ),
    path("books/import/<str:kind>/", book_import.book_import, name="book-import"),
    path(
        "books/import/<str:kind>/confirm/",
        book_import.book_import_confirm,
        name="book-import-confirm",
    ),
    path("guardrails/", guardrails.guardrails, name="guardrails"),
    path("guardrails/live/", guardrails.guardrails_live, name="guardrails-live"),
    path("guardrails/limit/", guardrails.guardrail_limit, name="guardrail-limit"),
]
