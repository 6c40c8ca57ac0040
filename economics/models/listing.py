"""What a marketplace is told of a model of ours, beyond what our own rows say."""

from django.db import models


class MarketListing(models.Model):
    """The operator's words on one model in the list of models.

    Without a row, a model is listed by what its deployments and its weights say. Empty
    or null: not stated, or taken from there.
    """

    served_model = models.OneToOneField(
        "fleet.ServedModel", on_delete=models.PROTECT, related_name="listing"
    )
    is_offered = models.BooleanField(default=True)
    openrouter_slug = models.CharField(max_length=120, blank=True)  # author/name there
    hugging_face_id = models.CharField(max_length=120, blank=True)
    tokenizer = models.CharField(max_length=40, blank=True)
    description = models.CharField(max_length=1000, blank=True)
    quantization = models.CharField(max_length=8, blank=True)
    context_tokens = models.PositiveIntegerField(null=True, blank=True)
    output_tokens = models.PositiveIntegerField(null=True, blank=True)
    features = models.JSONField(default=list)  # of economics.market.listing.FEATURES
    sampling = models.JSONField(default=list)  # of SAMPLING there
    datacenters = models.JSONField(default=list)  # [country code, region or ""] each
    prompt_tokens_per_minute = models.PositiveIntegerField(null=True, blank=True)
    deprecation_date = models.DateField(null=True, blank=True)
    zdr = models.BooleanField(null=True, blank=True)  # zero data retention
    hipaa = models.BooleanField(null=True, blank=True)
    changed_by = models.CharField(max_length=150)
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ["served_model"]

    def __str__(self) -> str:
        return f"listing of {self.served_model}"
