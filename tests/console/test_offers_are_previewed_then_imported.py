import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from fleet.models import MarketOffer

HEADER = "provider,product,gpu,gpu_count,kind,usd_per_instance_hour,observed_on\n"
GOOD = "aws,p5.48xlarge,H100 SXM,8,on_demand,55.04,2020-11-09\n"
IMPORT = "/offers/import/"


def upload(client: Client, content: bytes):
    file = SimpleUploadedFile("aws.csv", content, content_type="text/csv")
    return client.post(IMPORT, {"file": file})


def sealed(page) -> str:
    found = re.search(r'name="sealed" value="([^"]+)"', page.content.decode())
    assert found
    return found[1]


def test_a_file_is_shown_first_and_taken_in_when_confirmed(operator: Client):
    page = upload(operator, (HEADER + GOOD).encode())
    assert "nothing is imported yet" in page.content.decode()
    assert not MarketOffer.objects.exists()

    done = operator.post(
        reverse("fleet:offers-import-confirm"), {"sealed": sealed(page)}, follow=True
    )

    assert "aws.csv is imported: 1 offer, 1 new" in done.content.decode()
    assert MarketOffer.objects.get().product == "p5.48xlarge"


def test_confirming_twice_imports_once(operator: Client):
    words = sealed(upload(operator, (HEADER + GOOD).encode()))
    operator.post(reverse("fleet:offers-import-confirm"), {"sealed": words})

    again = operator.post(reverse("fleet:offers-import-confirm"), {"sealed": words})

    assert again.status_code == 422
    assert "This file was imported on" in again.content.decode()
    assert MarketOffer.objects.count() == 1


def test_bad_rows_are_named_and_nothing_can_be_confirmed(operator: Client):
    page = upload(operator, (HEADER + GOOD + GOOD.replace("55.04", "free")).encode())

    text = page.content.decode()
    assert page.status_code == 422
    assert "1 fault; nothing was imported." in text and "write USD" in text
    assert 'name="sealed"' not in text


def test_a_file_of_50_mb_is_answered_with_a_sentence(operator: Client):
    page = upload(operator, b"x" * 50_000_000)

    assert page.status_code == 422
    assert "The file has 50.0 MB; at most 2 MB are taken." in page.content.decode()


@pytest.mark.parametrize("content", [b"", b"\x00\xff\xfe", b"%PDF-1.7", b"a,b\n1,2\n"])
def test_a_file_that_is_no_csv_of_offers_gets_a_sentence(operator: Client, content: bytes):
    page = upload(operator, content)

    assert page.status_code == 422
    assert "nothing was imported" in page.content.decode()
    assert not MarketOffer.objects.exists()


@pytest.mark.parametrize("words", ["", "forged", "a:b:c"])
def test_a_preview_that_is_not_ours_imports_nothing(operator: Client, words: str):
    page = operator.post(reverse("fleet:offers-import-confirm"), {"sealed": words})

    assert "choose the file again" in page.content.decode()
    assert not MarketOffer.objects.exists()


def test_no_file_gets_a_sentence(operator: Client):
    assert "No file was chosen" in operator.post(IMPORT).content.decode()


def test_a_name_with_markup_is_shown_as_text(operator: Client):
    page = upload(operator, (HEADER + GOOD.replace("p5.48xlarge", "<b>p5</b>")).encode())

    assert "&lt;b&gt;p5&lt;/b&gt;" in page.content.decode()
