import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from fleet.forms import OrderForm
from fleet.models import Action, ActionKind, AuditEntry, Deployment, GpuOffer, ModelVariant
from fleet.services.actions import plan_action
from fleet.services.actions.launching import spec_text
from fleet.services.launch_guard import configured_guard
from tests.factories import make_fleet, make_model, make_offer, make_variant
from tests.plan_sheet import CONFIRM, hidden_fields

FORM = "/fleet/order/"


@pytest.fixture
def fields(llama: ModelVariant, catalog: None) -> dict[str, str]:
    """A good order: Llama 8B on one RTX 4090."""
    return {
        "slug": "llama-b",
        "fleet_id": str(make_fleet(simulated=True).pk),
        "variant_id": str(llama.pk),
        "gpu_type_id": "NVIDIA GeForce RTX 4090",
        "cloud": "SECURE",
        "gpu_count": "1",
        "replicas": "2",
        "rental_kind": "on_demand",
        "max_model_len": "8192",
        "gpu_memory_utilization": "0.90",
        "container_disk_gb": "60",
        "max_usd_per_gpu_hour": "",
    }


def test_the_plan_states_price_day_runway_and_the_button_its_cost(
    operator: Client, fields: dict[str, str]
):
    page = operator.post(FORM, fields).content.decode()

    assert "Rent 2 × 1× RTX 4090 for $1.50/h" in page
    assert "$35.91" in page  # 2 x (0.74 + 60 GB x 0.10 / 730 h) x 24 h
    assert "no spend → <strong>80 h</strong>" in page
    assert "--api-key=***" in page
    assert not Deployment.objects.exists()


def test_cancel_has_the_focus_and_not_the_button_that_spends(
    operator: Client, fields: dict[str, str]
):
    page = operator.post(FORM, fields).content.decode()

    assert re.search(r"<a [^>]*autofocus[^>]*>Cancel</a>", page)
    assert not re.search(r"<button[^>]*autofocus", page)


def test_a_confirmed_plan_becomes_a_deployment_with_an_audit_row(
    operator: Client, fields: dict[str, str]
):
    page = operator.post(FORM, fields).content.decode()

    answer = operator.post(CONFIRM, hidden_fields(page))

    deployment = Deployment.objects.get()
    action = Action.objects.get()
    assert answer["Location"] == reverse("fleet:action", args=[action.pk])
    assert action.deployment == deployment
    assert (deployment.slug, deployment.replicas) == ("llama-b", 2)
    entry = AuditEntry.objects.get(verb="order")
    assert (entry.acting_user, entry.target) == ("ada", "llama-b")


def test_a_double_click_orders_once(operator: Client, fields: dict[str, str]):
    sent = hidden_fields(operator.post(FORM, fields).content.decode())

    first = operator.post(CONFIRM, sent)
    second = operator.post(CONFIRM, sent)

    assert Deployment.objects.count() == 1
    assert first["Location"] == second["Location"]


def test_a_second_order_of_the_model_names_the_first(
    operator: Client, fields: dict[str, str]
):
    said = "This was ordered before."
    first = operator.post(FORM, fields).content.decode()
    assert said not in first
    operator.post(CONFIRM, hidden_fields(first))

    second = operator.post(FORM, fields | {"slug": "llama-c"}).content.decode()

    assert said in second
    assert reverse("fleet:action", args=[Action.objects.get().pk]) in second


def test_a_price_that_moved_is_shown_again_instead_of_ordered(
    operator: Client, fields: dict[str, str]
):
    sent = hidden_fields(operator.post(FORM, fields).content.decode())
    GpuOffer.objects.update(usd_per_gpu_hour=Decimal("0.80"))

    page = operator.post(CONFIRM, sent).content.decode()

    assert "What it costs moved from 1.4964 to 1.6164 USD/h" in page
    assert "Rent 2 × 1× RTX 4090 for $1.62/h" in page
    assert not Deployment.objects.exists()


def test_a_forged_plan_is_refused(operator: Client, fields: dict[str, str]):
    sent = hidden_fields(operator.post(FORM, fields).content.decode())

    page = operator.post(CONFIRM, sent | {"plan": "forged"}).content.decode()

    assert "This plan was not made here" in page
    assert not Deployment.objects.exists()


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("variant_id", "999999", "Model 999999 is unknown; choose a listed one."),
        ("variant_id", "llama", "Model is &#x27;llama&#x27;; choose one from the list."),
        ("variant_id", "", "Model is empty; choose one from the list."),
        ("fleet_id", "999999", "Fleet 999999 does not exist"),
        ("slug", "Llama 8B!", "use 1 to 40 small letters, digits and dashes"),
        ("gpu_type_id", "Voodoo 2", "&#x27;Voodoo 2&#x27; is not in the secure cloud"),
        ("gpu_count", "0", "GPU count is 0; at least 1 is needed."),
        ("gpu_count", "one", "GPU count is &#x27;one&#x27;; write a whole number"),
        ("gpu_count", "9" * 40, "write a whole number such as 1"),
        ("replicas", "-1", "Replicas is -1; it must be 1 to 20."),
        ("max_usd_per_gpu_hour", "-0.5", "it must be above 0"),
        ("max_usd_per_gpu_hour", "1e9", "Price limit is &#x27;1e9&#x27;; write a number"),
        ("max_usd_per_gpu_hour", "NaN", "Price limit is &#x27;NaN&#x27;; write a number"),
        ("max_usd_per_gpu_hour", "0.10", "below today&#x27;s price"),
        ("gpu_memory_utilization", "", "GPU memory share is empty"),
        ("container_disk_gb", "1", "Container disk is 1 GB; the weights"),
        ("max_model_len", "10000000", "max_model_len is 10000000"),
    ],
)
def test_nonsense_gets_its_sentence_and_nothing_is_saved(
    operator: Client, fields: dict[str, str], field: str, value: str, sentence: str
):
    page = operator.post(FORM, fields | {field: value}).content.decode()

    assert sentence in page.replace("10,000,000", "10000000")
    assert 'aria-invalid="true"' in page
    assert 'id="confirm"' not in page
    assert not Deployment.objects.exists() and not AuditEntry.objects.exists()


def test_three_gpus_for_64_heads_get_a_sentence(operator: Client, fields: dict[str, str]):
    many = make_model(attention_heads=64, kv_heads=8, slug="many-heads")
    variant = make_variant(served_model=many)

    page = operator.post(FORM, fields | {"variant_id": str(variant.pk), "gpu_count": "3"})

    assert "64" in page.content.decode() and "GPU count" in page.content.decode()
    assert 'id="confirm"' not in page.content.decode()


def test_what_was_typed_stays_in_the_form(operator: Client, fields: dict[str, str]):
    page = operator.post(FORM, fields | {"slug": "<b>"}).content.decode()

    assert 'value="&lt;b&gt;"' in page


def test_an_empty_catalog_says_that_nothing_can_be_priced(operator: Client):
    assert "No prices yet" in operator.get(FORM).content.decode()


def test_the_fit_is_told_while_the_form_is_filled_in(
    operator: Client, fields: dict[str, str]
):
    page = operator.post("/fleet/order/fit/", fields).content.decode()

    assert "Fits" in page and '<strong>$0.74</strong><span class="unit">/h' in page


def test_the_fit_of_a_half_filled_form_asks_for_the_rest(operator: Client):
    page = operator.post("/fleet/order/fit/", {"variant_id": "x"}).content.decode()

    assert "Choose a model and a GPU" in page


def test_offers_of_another_provider_are_not_offered(operator: Client, catalog: None):
    make_offer(provider="elsewhere", display_name="Elsewhere GPU", gpu_type_id="else")

    assert "Elsewhere GPU" not in operator.get(FORM).content.decode()


def test_a_plan_made_long_ago_is_asked_for_again(
    operator: Client, fields: dict[str, str], llama: ModelVariant
):
    form = OrderForm(fields)
    assert form.is_valid()
    old = plan_action(
        ActionKind.LAUNCH,
        spec_text(form.spec()),
        guard=configured_guard(),
        now=timezone.now() - timedelta(minutes=6),
    ).seal()

    page = operator.post(CONFIRM, {"plan": old, "key": "k" * 40}).content.decode()

    assert "more than 5 minutes old" in page
    assert not Deployment.objects.exists()


def test_what_no_provider_sells_is_said_with_its_date_and_not_offered(
    operator: Client, fields: dict[str, str], settings
):
    settings.SPOT_PROVIDER_NAME = ""
    page = operator.get(FORM).content.decode()

    assert "No interruptible pods here: RunPod withdrew spot pods" in page
    assert "as of 2026-09-11" in page
    assert 'value="spot"' not in page


def test_spot_is_offered_where_a_connected_provider_sells_it(
    operator: Client, fields: dict[str, str]
):
    page = operator.get(FORM).content.decode()

    assert 'value="spot"' in page
    assert "No interruptible pods here" not in page


def test_fleets_of_the_other_money_are_not_offered(operator: Client, catalog: None):
    make_fleet(name="Real money", simulated=False)
    make_fleet(name="Play money", simulated=True)
    page = operator.get(FORM).content.decode()

    assert "Play money" in page
    assert "Real money" not in page


def test_the_fit_shows_every_term_of_the_memory(operator: Client, fields: dict[str, str]):
    page = operator.post(reverse("fleet:order-fit"), fields).content.decode()

    for term in ("weights", "activations", "CUDA graphs", "outside PyTorch", "KV cache"):
        assert f"<title>{term} " in page


def test_what_does_not_fit_is_told_the_smallest_change(
    operator: Client, fields: dict[str, str]
):
    long = fields | {"max_model_len": "131072"}

    page = operator.post(reverse("fleet:order-fit"), long).content.decode()

    assert "Does not fit" in page
    assert "<li>Lower max_model_len to " in page
