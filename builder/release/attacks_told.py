"""The battery over one config in words: one line for a build, a table for who asks."""

from __future__ import annotations

from collections.abc import Iterator

from builder.release.examined import AttackedConfig, AttackLine, Estimate

_LINE = "{:<20}{:>7}{:>10}{:>16}{:>8}{:>8}{:>8}{:>8}{:>8}{:>8}{}"
_HEAD = _LINE.format("attack", "items", "accuracy", "95 %", "chance", "pairs", "exact", "chance", "p", "p Holm", "")


def battery_line(one: AttackedConfig) -> str:
    """The battery over one config in one line."""
    tested = [line for line in one.attacks if line.p_adjusted is not None]
    said = f"{one.config}: battery {one.certificate.verdict}, {one.certificate.items} items"
    if not tested:
        return said
    worst = min(tested, key=lambda line: (line.p_adjusted, line.attack))
    told = f"{100 * worst.accuracy.value:.1f} % right, {100 * worst.accuracy.chance:.1f} % by chance, p {worst.p_adjusted:.3f}"
    return f"{said}; closest to a leak: {worst.attack}, {told} by Holm over {len(tested)}"


def battery_table(one: AttackedConfig) -> str:
    """The certificate and a line an attack, shares in per cent."""
    return "\n".join([*_certificate(one), "", _HEAD, *map(_row, one.attacks)])


def _certificate(one: AttackedConfig) -> Iterator[str]:
    said = one.certificate
    shapes = ", ".join(f"{shape} in {n}" for shape, n in one.right_options.items())
    yield f"{one.config}: {said.verdict}; {said.items} items of {said.papers} papers, right options {shapes}"
    effect = said.minimum_detectable_effect
    if effect is not None:
        yield f"an attack {100 * effect:.1f} points above chance would be found with probability {said.power}"
    if said.verdict == "underpowered":
        yield f"underpowered: fewer than {said.least_items} items, or too few papers, do not show that there is no leak"


def _row(line: AttackLine) -> str:
    tested = [f"{p:.4f}" if p is not None else "" for p in (line.p_value, line.p_adjusted)]
    exact = line.exact_match
    shares = (line.accuracy.chance, line.pairs.value, exact.value, exact.chance)
    said = (_percent(line.accuracy.value), _interval(line.accuracy), *map(_percent, shares), *tested)
    return _LINE.format(line.attack, line.items, *said, " **" if line.significant else "")


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"


def _interval(value: Estimate) -> str:
    return "" if value.low is None or value.high is None else f"{100 * value.low:.1f} to {100 * value.high:.1f}"


__all__ = ["battery_line", "battery_table"]
