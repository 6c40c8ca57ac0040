import pytest

from fleet.market.gpu_names import NAMES, OTHER_MEMORY_GB, canonical
from fleet.sizing.gpus import GPUS

H100_SXM, H100_PCIE = "NVIDIA H100 80GB HBM3", "NVIDIA H100 PCIe"
A100_SXM = "NVIDIA A100-SXM4-80GB"


@pytest.mark.parametrize(
    ("name", "gpu_type_id"),
    [
        ("NVIDIA H100 80GB HBM3", H100_SXM),
        ("H100 SXM", H100_SXM),
        ("H100-SXM5", H100_SXM),
        ("h100 pcie", H100_PCIE),
        ("RTX4090", "NVIDIA GeForce RTX 4090"),
        ("GeForce RTX 4090", "NVIDIA GeForce RTX 4090"),
        ("A100 SXM4 80GB", ""),
        ("A100 80GB SXM4", A100_SXM),
        ("L40S", "NVIDIA L40S"),
        ("RTX6000Ada", "NVIDIA RTX 6000 Ada Generation"),
    ],
)
def test_a_name_leads_to_one_canonical_gpu(name: str, gpu_type_id: str):
    assert canonical(name) == gpu_type_id


@pytest.mark.parametrize("name", ["H100", "A100", "GH200", "MI300X", "H200NVL", "", "??"])
def test_a_name_that_leaves_something_open_is_not_guessed(name: str):
    assert canonical(name) == ""


@pytest.mark.parametrize(
    ("provider", "product", "name", "memory_gb", "gpu_type_id"),
    [
        ("aws", "p5.48xlarge", "H100", 80, H100_SXM),
        ("aws", "p4de.24xlarge", "A100", 80, A100_SXM),
        ("aws", "p4d.24xlarge", "A100", 40, ""),
        ("lambda", "gpu_8x_h100_sxm5", "H100", 80, H100_SXM),
        ("lambda", "gpu_1x_h100_pcie", "H100", 80, H100_PCIE),
        ("gcp", "a3-highgpu-8g", "H100", 80, H100_SXM),
        ("elsewhere", "p5.48xlarge", "H100", 80, ""),
    ],
)
def test_a_product_may_say_the_board(
    provider: str, product: str, name: str, memory_gb: int, gpu_type_id: str
):
    found = canonical(name, memory_gb=memory_gb, provider=provider, product=product)

    assert found == gpu_type_id


def test_a_card_with_another_memory_is_not_that_card():
    assert canonical("RTX 4090", memory_gb=24) == "NVIDIA GeForce RTX 4090"
    assert canonical("RTX 4090", memory_gb=48) == ""


def test_every_canonical_name_is_one_that_the_sizing_knows_or_is_listed_apart():
    assert set(NAMES.values()) <= set(GPUS) | set(OTHER_MEMORY_GB)
