"""Keys of providers that an admin entered on the page, encrypted."""

from django.db import models

from fleet.secrets import EncryptedTextField


class StoredSecret(models.Model):
    """One key by its name. What may be shown: fingerprint, last four, age."""

    name = models.CharField(max_length=40, unique=True)
    value = EncryptedTextField(db_column="ciphertext")
    fingerprint = models.CharField(max_length=16)  # of SHA-256, hex
    last_four = models.CharField(max_length=4)
    created_at = models.DateTimeField()
    rotated_at = models.DateTimeField()  # when this value was entered
    set_by = models.CharField(max_length=150)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return f"{self.name} …{self.last_four}"
