"""The tables of the fleet, re-exported so that callers need one import."""

from fleet.models.action import Action, ActionKind, ActionResult
from fleet.models.alert import (
    AlertChannel,
    AlertMessage,
    AlertRule,
    MaintenanceWindow,
    MessageKind,
    MessageState,
)
from fleet.models.audit import AuditEntry, Orphan
from fleet.models.audit_seal import AuditSeal
from fleet.models.boot import PodBoot
from fleet.models.deployment import MAX_NEVER_READY, Deployment, Fleet, RentalKind, Tier
from fleet.models.incident import Incident, IncidentNote, Severity
from fleet.models.job import JobLease, JobPause, JobResult, JobRun
from fleet.models.latency import LatencySample
from fleet.models.model_config import ModelConfig
from fleet.models.note import OperatorNote
from fleet.models.offer import (
    BalanceReading,
    BillingUnit,
    Cloud,
    GpuOffer,
    GpuOfferPrice,
    MarketOffer,
    OfferImport,
    OfferKind,
    OfferSource,
    Stock,
)
from fleet.models.pod import (
    DEMO_SLUGS,
    ENDED,
    MAYBE_BILLED,
    RENTED,
    SIMULATED_PAST,
    WANTED,
    Health,
    HealthChange,
    Pod,
    PodDiagnosis,
    PodStatus,
    PodTransition,
)
from fleet.models.resource import (
    RESOURCE_MAYBE_BILLED,
    RESOURCE_OVER,
    RESOURCE_RUNS,
    CloudListing,
    NetworkVolume,
    ResourceStatus,
    ServerlessEndpoint,
    StrayResource,
)
from fleet.models.rollout import Rollout, RolloutState
from fleet.models.sample import EngineSample
from fleet.models.saved_view import SavedView
from fleet.models.scaling import ScalingDecision
from fleet.models.served_model import Attention, ModelVariant, Precision, ServedModel
from fleet.models.speed import SpeedEstimate
from fleet.models.spending import SpendingStop
from fleet.models.stored_secret import StoredSecret
from fleet.models.throughput import ThroughputImport, ThroughputMeasurement

__all__ = [
    "ENDED",
    "LatencySample",
    "MAX_NEVER_READY",
    "MAYBE_BILLED",
    "RENTED",
    "RESOURCE_MAYBE_BILLED",
    "RESOURCE_RUNS",
    "RESOURCE_OVER",
    "DEMO_SLUGS",
    "SIMULATED_PAST",
    "WANTED",
    "Action",
    "ActionKind",
    "ActionResult",
    "AlertChannel",
    "AlertMessage",
    "AlertRule",
    "Attention",
    "AuditEntry",
    "AuditSeal",
    "BalanceReading",
    "BillingUnit",
    "Cloud",
    "CloudListing",
    "Deployment",
    "EngineSample",
    "Fleet",
    "GpuOffer",
    "GpuOfferPrice",
    "Health",
    "HealthChange",
    "Incident",
    "IncidentNote",
    "JobLease",
    "JobPause",
    "JobResult",
    "JobRun",
    "MaintenanceWindow",
    "MarketOffer",
    "MessageKind",
    "MessageState",
    "ModelConfig",
    "ModelVariant",
    "NetworkVolume",
    "OfferImport",
    "OfferKind",
    "OfferSource",
    "OperatorNote",
    "Orphan",
    "Pod",
    "PodBoot",
    "PodDiagnosis",
    "PodStatus",
    "PodTransition",
    "Precision",
    "RentalKind",
    "ScalingDecision",
    "ResourceStatus",
    "Rollout",
    "RolloutState",
    "SavedView",
    "ServedModel",
    "ServerlessEndpoint",
    "Severity",
    "SpeedEstimate",
    "SpendingStop",
    "Stock",
    "StoredSecret",
    "ThroughputImport",
    "ThroughputMeasurement",
    "StrayResource",
    "Tier",
]
