"""Settings of the domain: how the fleet is watched, what may be spent, what is earned."""

from __future__ import annotations

from decimal import Decimal

from kerne_site.cloud_settings import KERNE_ENV, KERNE_SANDBOX, SANDBOX_URL
from kerne_site.env import Env, SettingError

env = Env()

# After the death of a worker its job may not run again for so long.
JOB_LEASE_SECONDS = env.seconds("KERNE_JOB_LEASE_SECONDS", 45, minimum=5)
PROBE_INTERVAL_SECONDS = env.seconds("KERNE_PROBE_INTERVAL_SECONDS", 10)
PROBE_TIMEOUT_SECONDS = env.seconds("KERNE_PROBE_TIMEOUT_SECONDS", 15)
ENGINE_STALL_SECONDS = env.seconds("KERNE_ENGINE_STALL_SECONDS", 120)
# A pod that was ready and is HUNG or DEAD for so long is restarted, then replaced.
MEND_AFTER_SECONDS = env.seconds("KERNE_MEND_AFTER_SECONDS", 120)
# A pod of such an image ends itself when we have been silent for so long; 0: no leases.
LEASE_SECONDS = env.seconds("KERNE_LEASE_SECONDS", 1800, minimum=0)
if 0 < LEASE_SECONDS < 20:
    raise SettingError(
        f"KERNE_LEASE_SECONDS is {LEASE_SECONDS}; leases are renewed every minute, so "
        "write 10m or more (20 or more in a fire drill), or 0 for no leases."
    )
# Without tags. vLLM's own image has another entrypoint, except as the sandbox plays it.
LEASE_IMAGES = env.words(
    "KERNE_LEASE_IMAGES", ["vllm/vllm-openai"] if KERNE_SANDBOX else []
)
# Asked when many pods fall at once: where it is silent too, our own eyes are shut.
CANARY_URL = env.url(
    "KERNE_CANARY_URL",
    SANDBOX_URL if KERNE_SANDBOX else "https://www.cloudflare.com/cdn-cgi/trace",
)
DRAIN_SECONDS = env.seconds("KERNE_DRAIN_SECONDS", 120)
OFF_MARKET_SECONDS = env.seconds("KERNE_OFF_MARKET_SECONDS", 120)
PROVISIONING_DEADLINE_SECONDS = env.seconds("KERNE_PROVISIONING_DEADLINE_SECONDS", 1200)
SETTLE_SECONDS = env.seconds("KERNE_SETTLE_SECONDS", 120)
ORPHAN_GRACE_SECONDS = env.seconds("KERNE_ORPHAN_GRACE_SECONDS", 600)
ORPHAN_TERMINATE = env.flag("KERNE_ORPHAN_TERMINATE", default=True)
STRAY_VOLUME_DELETE = env.flag("KERNE_STRAY_VOLUME_DELETE", default=False)
WORKER_IMAGE = env.text("KERNE_WORKER_IMAGE", "runpod/worker-v1-vllm:stable-cuda12.1.0")
HOUR_SEAL_SECONDS = env.seconds("KERNE_HOUR_SEAL_SECONDS", 900)
# What was served after a server's last reading: so many seconds are estimated at most.
ESTIMATE_MOST_SECONDS = env.seconds("KERNE_ESTIMATE_MOST_SECONDS", 900, minimum=0)
ESTIMATES_EARN = env.flag("KERNE_ESTIMATES_EARN", default=False)
# So long the ids of logged requests are kept, so that the same one counts once.
REQUEST_LOG_DAYS = env.integer("KERNE_REQUEST_LOG_DAYS", 62, minimum=1, maximum=400)
# Tokens of requests that failed or got no completion: marketplaces do not pay for them.
FREE_REQUESTS_EARN = env.flag("KERNE_FREE_REQUESTS_EARN", default=False)
# A request log that differs from the counters by more than this share is shown.
LOG_DIFFERENCE_SHARE = env.decimal(
    "KERNE_LOG_DIFFERENCE_SHARE",
    Decimal("0.01"),
    minimum=Decimal(0),
    maximum=Decimal(1),
)
# Between two looks at the spot market while a pod is rented there: notice is 5 s.
SPOT_WATCH_SECONDS = env.seconds("KERNE_SPOT_WATCH_SECONDS", 3)
# How often a spot pod is taken away [1 / pod-hour] until our own pods have measured it.
SPOT_INTERRUPTIONS_PER_HOUR = env.decimal(
    "KERNE_SPOT_INTERRUPTIONS_PER_HOUR", Decimal("0.05"), minimum=Decimal(0)
)
RECONCILE_INTERVAL_SECONDS = env.seconds("KERNE_RECONCILE_INTERVAL_SECONDS", 15)
CLOUD_LIST_INTERVAL_SECONDS = env.seconds("KERNE_CLOUD_LIST_INTERVAL_SECONDS", 60)
TAKE_RATE = env.decimal(
    "KERNE_TAKE_RATE", Decimal(0), minimum=Decimal(0), maximum=Decimal("0.99")
)
# What a statement may pay more or less than was accrued before the page asks why.
STATEMENT_TOLERANCE_PERCENT = env.decimal(
    "KERNE_STATEMENT_TOLERANCE_PERCENT",
    Decimal(1),
    minimum=Decimal(0),
    maximum=Decimal(100),
)
# Days after the end of a month until a marketplace pays it.
PAYMENT_TERMS_DAYS = env.integer("KERNE_PAYMENT_TERMS_DAYS", 30, minimum=0, maximum=365)
MAX_OFFERS_TRIED = env.integer("KERNE_MAX_OFFERS_TRIED", 25, minimum=1, maximum=100)
SPEND_LIMIT_USD_PER_HOUR = env.decimal(
    "KERNE_SPEND_LIMIT_USD_PER_HOUR", Decimal(80), minimum=Decimal(0)
)
FLEET_LAUNCH_GUARD = env.text("KERNE_FLEET_LAUNCH_GUARD", "economics.guards.veto")
# Private hosts that alerts and pings may reach; in the demo this machine, to try them.
ALLOW_PRIVATE_TARGETS = env.words(
    "KERNE_ALLOW_PRIVATE_TARGETS",
    ["127.0.0.0/8", "::1/128"] if KERNE_SANDBOX and KERNE_ENV == "demo" else [],
)
# Rules that other apps add to the fleet's watch, by the names of their lists.
ALERT_RULES = env.words("KERNE_ALERT_RULES", ["economics.alerts.RULES"])
# Opened every minute while all is watched: whoever waits for it calls when it stays out.
DEADMAN_PING_URL = env.optional_text("KERNE_DEADMAN_PING_URL", secret=True)
# What economics adds to the time line of a pod: (pod, since, until) -> (instant, words).
POD_CHART_MARKS = "economics.chart_marks.price_changes"
# Since when samples wait to be counted by economics: () -> instant or None. They are kept.
SAMPLES_WAITING = "economics.selectors.waiting_samples.waiting_since"
# What economics computes for a serverless plan: when a pod is cheaper.
SERVERLESS_CROSSOVER = "economics.crossover.point_of"
# What economics reckons of spot against on demand, for the plans of the fleet.
SPOT_RECKONING = "economics.spot_reckoning.reckon"
# Public price catalogs of other providers, once a day; false: nobody is asked.
MARKET_PRICES = env.flag("KERNE_MARKET_PRICES", default=True)
MARKET_PRICES_URL = env.url(
    "KERNE_MARKET_PRICES_URL",
    "https://dstack-gpu-pricing.s3.eu-west-1.amazonaws.com/v3",
    schemes=("http", "https"),
)
# Which keys open the list of models that a marketplace polls; none: it is public.
MARKET_API_KEYS = env.words("KERNE_MARKET_API_KEYS")
if any(len(key) < 24 for key in MARKET_API_KEYS):
    raise SettingError(
        "KERNE_MARKET_API_KEYS holds a key of fewer than 24 characters; make one with "
        "python -c 'import secrets; print(secrets.token_urlsafe(32))'."
    )
# Our own name among the providers of the market; offers under it are not rivals.
MARKET_NAME = env.optional_text("KERNE_MARKET_NAME") or ""
DEFAULT_VLLM_IMAGE = env.text("KERNE_DEFAULT_VLLM_IMAGE", "vllm/vllm-openai:v0.32.0")
