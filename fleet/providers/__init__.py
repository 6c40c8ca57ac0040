"""Clouds that rent GPUs, behind one protocol (`base.GpuProvider`)."""
