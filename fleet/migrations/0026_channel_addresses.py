"""Channel addresses under the keys that all secrets are kept under."""

import base64

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import migrations

import fleet.secrets


def change_keys(apps, schema_editor):
    """From the key made of SECRET_KEY; what does not open has to be entered again."""
    made = HKDF(SHA256(), length=32, salt=None, info=b"kerne alert channel")
    old = Fernet(base64.urlsafe_b64encode(made.derive(settings.SECRET_KEY.encode())))

    def changed(sealed):
        try:
            return fleet.secrets.encrypt(old.decrypt(sealed.encode()).decode())
        except InvalidToken:
            return ""

    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT id, secret_address FROM fleet_alertchannel")
        rows = [(changed(sealed), pk) for pk, sealed in cursor.fetchall()]
        cursor.executemany(
            "UPDATE fleet_alertchannel SET secret_address = %s WHERE id = %s", rows
        )


class Migration(migrations.Migration):
    dependencies = [("fleet", "0025_latency_samples")]

    operations = [
        migrations.RunPython(change_keys, migrations.RunPython.noop),
        migrations.AlterField(
            "alertchannel", "secret_address", fleet.secrets.EncryptedTextField()
        ),
    ]
