"""Addresses of the fleet. Every part that reads itself again has one of its own."""

from django.urls import path

from fleet.views import (
    actions,
    audit,
    banner,
    demo,
    deployment_page,
    fleet_list,
    jobs,
    keys,
    log_stream,
    offer_import,
    offers,
    order,
    pod_page,
    spending,
)

app_name = "fleet"
urlpatterns = [
    path("silence/", banner.silence_banner, name="silence"),
    path("spending/stop/", spending.spending_stop, name="spending-stop"),
    path("spending/release/", spending.spending_release, name="spending-release"),
    path("demo/start/", demo.demo_start, name="demo-start"),
    path("fleet/", fleet_list.fleet_list, name="list"),
    path("fleet/live/", fleet_list.fleet_live, name="live"),
    path("fleet/order/", order.order, name="order"),
    path("fleet/order/fit/", order.order_fit, name="order-fit"),
    path("fleet/pods/<int:pk>/", pod_page.pod_page, name="pod"),
    path("fleet/pods/<int:pk>/live/", pod_page.pod_live, name="pod-live"),
    path("fleet/pods/<int:pk>/money/", pod_page.pod_money, name="pod-money"),
    path("fleet/pods/<int:pk>/spec/", pod_page.pod_spec, name="pod-spec"),
    path("fleet/pods/<int:pk>/log/", pod_page.pod_log, name="pod-log"),
    path(
        "fleet/pods/<int:pk>/log/stream/", log_stream.pod_log_stream, name="pod-log-stream"
    ),
    path("fleet/pods/<int:pk>/log.txt", pod_page.pod_log_text, name="pod-log-text"),
    path("fleet/deployments/<int:pk>/", deployment_page.deployment_page, name="deployment"),
    path("actions/", actions.action_list, name="actions"),
    path("actions/plan/<str:kind>/", actions.action_plan, name="action-plan"),
    path("actions/confirm/", actions.action_confirm, name="action-confirm"),
    path("actions/<int:pk>/", actions.action_page, name="action"),
    path("actions/<int:pk>/cancel/", actions.action_cancel, name="action-cancel"),
    path("offers/", offers.offers, name="offers"),
    path("offers/history.json", offers.offers_history, name="offers-history"),
    path("offers/offers.csv", offers.offers_csv, name="offers-csv"),
    path("offers/import/", offer_import.offers_import, name="offers-import"),
    path(
        "offers/import/confirm/",
        offer_import.offers_import_confirm,
        name="offers-import-confirm",
    ),
    path("settings/keys/", keys.keys, name="keys"),
    path("settings/keys/check/", keys.keys_check, name="keys-check"),
    path("settings/keys/forget/", keys.keys_forget, name="keys-forget"),
    path("audit/", audit.audit, name="audit"),
    path("audit/audit.csv", audit.audit_csv, name="audit-csv"),
    path("jobs/", jobs.jobs, name="jobs"),
    path("jobs/live/", jobs.jobs_live, name="jobs-live"),
    path("jobs/<str:name>/run/", jobs.job_run, name="job-run"),
]
