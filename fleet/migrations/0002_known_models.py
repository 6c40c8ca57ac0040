"""The models of the founding plan and their weights, so that a first order has a choice.

Figures: the models' own config.json and the sizes of their weights as published on
their repositories; GB = 10^9 bytes.
"""

from decimal import Decimal

from django.db import migrations

MODELS = [
    {
        "slug": "llama-3.1-8b",
        "name": "Llama 3.1 8B Instruct",
        "parameters_billion": "8.030",
        "active_parameters_billion": "8.030",
        "layers": 32,
        "attention_heads": 32,
        "kv_heads": 8,
        "head_dim": 128,
        "vocabulary_size": 128256,
        "max_context": 131072,
        "tool_call_parser": "llama3_json",
        "variants": [("meta-llama/Llama-3.1-8B-Instruct", "bf16", "16.06")],
    },
    {
        "slug": "qwen-2.5-7b",
        "name": "Qwen 2.5 7B Instruct",
        "parameters_billion": "7.616",
        "active_parameters_billion": "7.616",
        "layers": 28,
        "attention_heads": 28,
        "kv_heads": 4,
        "head_dim": 128,
        "vocabulary_size": 152064,
        "max_context": 32768,
        "tool_call_parser": "hermes",
        "variants": [("Qwen/Qwen2.5-7B-Instruct", "bf16", "15.23")],
    },
    {
        "slug": "llama-3.3-70b",
        "name": "Llama 3.3 70B Instruct",
        "parameters_billion": "70.554",
        "active_parameters_billion": "70.554",
        "layers": 80,
        "attention_heads": 64,
        "kv_heads": 8,
        "head_dim": 128,
        "vocabulary_size": 128256,
        "max_context": 131072,
        "tool_call_parser": "llama3_json",
        "variants": [("meta-llama/Llama-3.3-70B-Instruct", "bf16", "141.11")],
    },
    {
        "slug": "glm-5",
        "name": "GLM-5",
        "parameters_billion": "744",
        "active_parameters_billion": "40",
        "layers": 78,
        "attention_heads": 64,
        "kv_heads": 64,
        "head_dim": 256,
        "vocabulary_size": 154880,
        "max_context": 202752,
        "attention": "sparse_mla",
        "kv_latent_dim": 576,
        "tool_call_parser": "glm47",
        "reasoning_parser": "glm45",
        "variants": [
            ("zai-org/GLM-5", "bf16", "1488"),
            ("zai-org/GLM-5-FP8", "fp8", "744"),
            ("nvidia/GLM-5-NVFP4", "nvfp4", "446"),
        ],
    },
]


def add_models(apps, schema_editor):
    served_models = apps.get_model("fleet", "ServedModel").objects
    variants = apps.get_model("fleet", "ModelVariant").objects
    for known in MODELS:
        fields = {name: value for name, value in known.items() if name != "variants"}
        model, _ = served_models.get_or_create(slug=fields.pop("slug"), defaults=fields)
        for repository, precision, weight_gb in known["variants"]:
            variants.get_or_create(
                repository=repository,
                defaults={
                    "served_model": model,
                    "precision": precision,
                    "weight_gb": Decimal(weight_gb),
                },
            )


class Migration(migrations.Migration):
    dependencies = [("fleet", "0001_rent_and_watch")]

    operations = [migrations.RunPython(add_models, migrations.RunPython.noop)]
