"""What we sell: models, and the variants of their weights that vLLM can load."""

from django.db import models


class Attention(models.TextChoices):
    """How the KV cache grows; it decides the bytes per token."""

    GQA = "gqa", "grouped-query"
    MLA = "mla", "multi-head latent"
    SPARSE_MLA = "sparse_mla", "sparse multi-head latent"


class ServedModel(models.Model):
    """One model under the name that clients ask for."""

    slug = models.SlugField(max_length=60, unique=True)  # --served-model-name
    name = models.CharField(max_length=80)
    parameters_billion = models.DecimalField(max_digits=8, decimal_places=3)
    active_parameters_billion = models.DecimalField(max_digits=8, decimal_places=3)
    layers = models.PositiveIntegerField()
    attention_heads = models.PositiveIntegerField()
    kv_heads = models.PositiveIntegerField()
    head_dim = models.PositiveIntegerField()
    vocabulary_size = models.PositiveIntegerField()
    max_context = models.PositiveIntegerField()  # tokens
    attention = models.CharField(max_length=12, choices=Attention, default=Attention.GQA)
    kv_latent_dim = models.PositiveIntegerField(default=0)  # MLA: elements per token, layer
    trust_remote_code = models.BooleanField(default=False)
    tool_call_parser = models.CharField(max_length=40, blank=True)
    reasoning_parser = models.CharField(max_length=40, blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Precision(models.TextChoices):
    """How a weight is stored; the GPU generation must support it."""

    BF16 = "bf16", "BF16"
    FP8 = "fp8", "FP8"
    INT4 = "int4", "INT4"
    NVFP4 = "nvfp4", "NVFP4"
    MXFP4 = "mxfp4", "MXFP4"


class ModelVariant(models.Model):
    """One set of weights of a served model: a repository and its precision."""

    served_model = models.ForeignKey(
        ServedModel, on_delete=models.PROTECT, related_name="variants"
    )
    repository = models.CharField(max_length=120, unique=True)  # --model
    precision = models.CharField(max_length=8, choices=Precision)
    weight_gb = models.DecimalField(max_digits=8, decimal_places=2)  # GB = 10^9 bytes

    class Meta:
        ordering = ["served_model__name", "precision"]

    def __str__(self) -> str:
        return f"{self.served_model} {self.get_precision_display()}"
