"""Claims of a tier about its machine: it starts, its context is enough, its flags are."""

from __future__ import annotations

from collections.abc import Iterator

from economics.calc.unknown import Unknown
from economics.planner.strategy.finding import Finding, Verdict
from economics.planner.strategy.plan import PlanTier
from economics.planner.strategy.tier_finding import tier_finding
from economics.planner.strategy.world import FitAnswer, World


def fit_findings(tier: PlanTier, world: World) -> Iterator[Finding]:
    """What is found about the machine of a tier."""
    yield starts(tier, world)
    if tier.max_model_len is not None:
        yield context(tier, tier.max_model_len, world)
    if tier.flags is not None:
        yield flags(tier, tier.flags, world)


def starts(tier: PlanTier, world: World) -> Finding:
    """Whether it starts, beside the claim that it does, or that it cannot."""
    claim = f"{tier.title} {'runs' if tier.claims_to_run else 'cannot run'}"
    answer = world.fit(
        tier.model,
        tier.precision,
        tier.gpu,
        tier.gpu_count,
        tensor_parallel=tier.tensor_parallel,
        max_model_len=tier.max_model_len,
    )
    if isinstance(answer, Unknown):
        return tier_finding(tier, "fit", claim, Verdict.UNPROVEN, str(answer))
    if answer.ok:
        verdict = Verdict.HOLDS if tier.claims_to_run else Verdict.WRONG
        return tier_finding(tier, "fit", claim, verdict, "It fits.", *_memory(answer))
    verdict = Verdict.IMPOSSIBLE if tier.claims_to_run else Verdict.HOLDS
    today = " ".join(answer.reasons)
    if answer.weights_gib >= answer.memory_gib:
        today += (
            f" The weights alone are {answer.weights_gib:,.0f} GiB, and its GPUs have "
            f"{answer.memory_gib:,.0f} GiB."
        )
    if answer.instead:
        today += f" Instead: {answer.instead}."
    return tier_finding(tier, "fit", claim, verdict, today, *_memory(answer))


def context(tier: PlanTier, max_model_len: int, world: World) -> Finding:
    """Whether the model has the context, and a mean request of the market finds room."""
    claim = f"{tier.title}: a context of {max_model_len:,} tokens"
    most = world.max_context(tier.model)
    if not isinstance(most, Unknown) and max_model_len > most:
        beyond = f"The model reads at most {most:,} tokens."
        return tier_finding(tier, "context", claim, Verdict.IMPOSSIBLE, beyond)
    traffic = world.traffic(tier.model)
    if isinstance(traffic, Unknown):
        return tier_finding(tier, "context", claim, Verdict.UNPROVEN, str(traffic))
    mean = traffic.prompt_tokens_per_request
    enough = mean + traffic.completion_tokens_per_request <= max_model_len
    return Finding(
        f"{tier.key}:context",
        tier.section,
        claim,
        Verdict.HOLDS if enough else Verdict.WRONG,
        f"A mean request has {mean:,.0f} prompt tokens"
        + ("." if enough else f": it is refused at {max_model_len:,}."),
        sources=(f"{traffic.source}, {traffic.observed_on}",),
    )


def flags(tier: PlanTier, given: tuple[str, ...], world: World) -> Finding:
    """Whether the launch command has what the model needs to be sold."""
    claim = f"{tier.title}: its flags are complete"
    needed = world.recommended_flags(tier.model)
    if isinstance(needed, Unknown):
        return tier_finding(tier, "flags", claim, Verdict.UNPROVEN, str(needed))
    present = {flag.split()[0] for flag in given}
    absent = [flag for flag in needed if flag.split()[0] not in present]
    if not absent:
        return tier_finding(tier, "flags", claim, Verdict.HOLDS, "Nothing is missing.")
    return tier_finding(
        tier,
        "flags",
        claim,
        Verdict.WRONG,
        f"Without {' '.join(absent)} calls of tools, "
        "reasoning and cached tokens are not reported, and are not paid for.",
    )


def _memory(answer: FitAnswer) -> tuple[str, ...]:
    return (
        f"weights {answer.weights_gib:,.0f} GiB, memory of all GPUs "
        f"{answer.memory_gib:,.0f} GiB",
    )
