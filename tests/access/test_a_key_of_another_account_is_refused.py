import pytest

from fleet.providers.base import PodRequest, ProviderUnavailable
from fleet.providers.fake import FakeProvider
from fleet.services.same_account import why_another_account
from tests.clock import Clock
from tests.factories import make_pod
from tests.fleet.services.conftest import account  # noqa: F401

pytestmark = pytest.mark.django_db
REQUEST = PodRequest(
    name="kerne-demo-a-1",
    image="vllm/vllm-openai:v0.32.0",
    args="",
    env={},
    gpu_type_id="NVIDIA GeForce RTX 4090",
    gpu_count=1,
    cloud="SECURE",
    disk_gb=40,
)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_key_whose_list_has_one_of_our_pods_is_taken(account: FakeProvider):  # noqa: F811
    make_pod(provider="fake", provider_id=account.create(REQUEST).provider_id)
    make_pod(provider="fake", provider_id="vanished-by-now")

    assert why_another_account(account) == ""


def test_a_key_whose_list_has_none_of_them_is_another_account_s(
    account: FakeProvider,  # noqa: F811
):
    make_pod(provider="fake", provider_id="elsewhere")

    assert "none of our 1 pod that may be billed is in its account" in why_another_account(
        account
    )


def test_without_an_answer_nothing_is_stored(account: FakeProvider):  # noqa: F811
    make_pod(provider="fake", provider_id="elsewhere")
    account.fail_next("pods", ProviderUnavailable("502"))

    assert "could not be read (502)" in why_another_account(account)


def test_without_a_pod_any_key_is_taken(account: FakeProvider):  # noqa: F811
    make_pod(provider="fake", provider_id="gone", status="terminated")

    assert why_another_account(account) == ""
