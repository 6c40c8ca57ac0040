"""Model shapes that tests stand on, from the models' own configuration files."""

from decimal import Decimal

from fleet.sizing.fit import ModelShape

LLAMA_8B = ModelShape(
    name="Llama 3.1 8B",
    weight_gb=Decimal("16.06"),
    precision="bf16",
    attention="gqa",
    layers=32,
    attention_heads=32,
    kv_heads=8,
    head_dim=128,
    vocabulary_size=128_256,
    max_context=131_072,
)
GLM_5_FP8 = ModelShape(
    name="GLM-5",
    weight_gb=Decimal(756),
    precision="fp8",
    attention="sparse_mla",
    layers=78,
    attention_heads=64,
    kv_heads=64,
    head_dim=64,
    vocabulary_size=154_880,
    max_context=202_752,
    latent_dim=576,
)
RTX_4090 = "NVIDIA GeForce RTX 4090"
H200 = "NVIDIA H200"
