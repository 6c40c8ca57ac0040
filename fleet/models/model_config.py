"""Model configurations that an operator brought: planned for, not yet served."""

from django.db import models

UPLOADED = "upload-"  # what the slug of a model that was brought begins with


class ModelConfig(models.Model):
    """A config.json that was read and understood.

    slug    "upload-…", how a plan's address names it
    source  where it came from: a file's name, or a repository and its day
    digest  SHA-256 of the file; the same file is kept once
    """

    slug = models.SlugField(max_length=80, unique=True)
    name = models.CharField(max_length=120)
    config = models.JSONField()
    source = models.CharField(max_length=200)
    digest = models.CharField(max_length=64, unique=True)
    added_at = models.DateTimeField()
    added_by = models.CharField(max_length=150)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
