"""Burst: how many replicas the demand asks for, as plain calculation."""

from fleet.scaling.load import PodLoad, Sample
from fleet.scaling.policy import Decision, Limits, Rules, Standing, decide

__all__ = ["Decision", "Limits", "PodLoad", "Rules", "Sample", "Standing", "decide"]
