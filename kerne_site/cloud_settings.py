"""Settings of the cloud: RunPod with a key, else our own sandbox."""

from __future__ import annotations

from kerne_site import places
from kerne_site.env import Env, SettingError

env = Env()

SANDBOX_KEY = "sandbox-key"
_runpod_key = env.optional_text("RUNPOD_API_KEY", secret=True)
KERNE_SANDBOX = env.flag("KERNE_SANDBOX", default=_runpod_key is None)
KERNE_ENV = env.text("KERNE_ENV", "demo" if KERNE_SANDBOX else "live")
KERNE_SANDBOX_PORT = env.integer("KERNE_SANDBOX_PORT", 8701, minimum=1, maximum=65535)
# Under which name rows keep what a provider said: play money never mixes with real money.
PROVIDER_NAME = "sandbox" if KERNE_SANDBOX else "runpod"
SANDBOX_URL = f"http://127.0.0.1:{KERNE_SANDBOX_PORT}"
# The second provider: RunPod sells no interruptible pods any more, the sandbox does.
_spot = env.flag("KERNE_SPOT_MARKET", default=KERNE_SANDBOX)
if _spot and not KERNE_SANDBOX:
    raise SettingError(
        "KERNE_SPOT_MARKET is true, and the only spot market is the sandbox's, which rents "
        "no real GPUs; leave it unset, or set KERNE_SANDBOX=true."
    )
SPOT_PROVIDER_NAME = "spotmarket" if _spot else ""

if _runpod_key is None and KERNE_ENV != "demo" and not env.is_set("KERNE_SANDBOX"):
    raise SettingError(
        f"KERNE_ENV is {KERNE_ENV!r} but RUNPOD_API_KEY is not set, so this would run on "
        "play money. Set a RunPod key, or KERNE_SANDBOX=true if the sandbox is meant."
    )
if not KERNE_ENV.isascii() or not KERNE_ENV.isalnum() or not KERNE_ENV.islower():
    raise SettingError(
        f"KERNE_ENV is {KERNE_ENV!r}; it becomes part of every pod's name "
        "(kerne-<env>-...), so write lower-case letters and digits only."
    )

# The sandbox never gets to see a real key. Empty: the one that an admin stored is used.
RUNPOD_API_KEY = SANDBOX_KEY if KERNE_SANDBOX else _runpod_key or ""
_cloud = SANDBOX_URL if KERNE_SANDBOX else "https://api.runpod.io"
MODEL_HUB_URL = env.url("MODEL_HUB_URL", "https://huggingface.co")
RUNPOD_API_URL = env.url("RUNPOD_API_URL", _cloud)
SPOT_PROVIDER_URL = RUNPOD_API_URL if KERNE_SANDBOX else ""
RUNPOD_GRAPHQL_URL = env.url("RUNPOD_GRAPHQL_URL", f"{_cloud}/graphql")
RUNPOD_PROXY_URL = env.url(
    "RUNPOD_PROXY_URL",
    f"{SANDBOX_URL}/proxy/{{pod_id}}/{{port}}"
    if KERNE_SANDBOX
    else "https://{pod_id}-{port}.proxy.runpod.net",
)
RUNPOD_ENDPOINT_BASE_URL = env.url(
    "RUNPOD_ENDPOINT_BASE_URL",
    f"{SANDBOX_URL}/v2" if KERNE_SANDBOX else "https://api.runpod.ai/v2",
)
# None: no vLLM on this machine, so the sandbox's pods answer with its replay engine.
_made_by_make = places.ROOT / ".venv-vllm" / "bin" / "python"
VLLM_PYTHON: str | None = env.optional_text("VLLM_PYTHON") or (
    str(_made_by_make) if _made_by_make.exists() else None
)

# What answers on a sandbox pod: auto takes vLLM where it is installed.
KERNE_SANDBOX_ENGINE = env.choice(
    "KERNE_SANDBOX_ENGINE", "auto", ["auto", "vllm", "replay"]
)

# OpenRouter's public API; in the sandbox a play market, whose rows are marked simulated.
_play_market = f"{SANDBOX_URL}/openrouter/api/v1"
OPENROUTER_URL = env.url(
    "OPENROUTER_URL", _play_market if KERNE_SANDBOX else "https://openrouter.ai/api/v1"
)
OPENROUTER_API_KEY = env.optional_text("OPENROUTER_API_KEY", secret=True) or ""
MARKET_SOURCE = "simulated" if _play_market == OPENROUTER_URL else "openrouter"
if MARKET_SOURCE == "simulated":  # the sandbox never gets to see a real key
    OPENROUTER_API_KEY = SANDBOX_KEY
# Whether the market is read by schedule.
MARKET_WATCH = env.flag("KERNE_MARKET_WATCH", default=True)
