"""`layers`: which layers a network is made of."""

from collections import Counter
from typing import ClassVar, Literal

from pydantic import Field

from grader.checks._base import Check, Needs, model_of, uncountable
from grader.core.evidence import ModelFacts, ProblemEvidence
from grader.core.outcome import BudgetLine, Outcome, failed, passed


class Layers(Check):
    """Layers by their class name in `torch.nn`.

    `allowed` lists all that may occur; `required` says how many of a kind there must be at least, `exactly` how many
    there must be; `widths` gives the out_features of the Linear layers in order, several allowed values in a list.
    Layers that do nothing don't count as required: those that are constructed and never used, those whose output
    reaches no output of the network, a Dropout of p=0, a Softmax over the batch. Nor does a Linear that feeds another
    one without an activation between: together they are one linear map, which is said. For `exactly` such Linears count
    one by one, since an assignment may ask for just that.
    """

    type: Literal["layers"] = "layers"
    allowed: tuple[str, ...] = ()
    required: dict[str, int] = {}
    exactly: dict[str, int] = {}
    widths: tuple[int | tuple[int, ...], ...] = Field(default=())

    needs: ClassVar[Needs] = frozenset({ModelFacts})

    def asked(self) -> str:
        wishes = [f"only {', '.join(self.allowed)}"] if self.allowed else []
        wishes += [f"at least {n} {layer}" for layer, n in self.required.items()]
        wishes += [f"exactly {n} {layer}" for layer, n in self.exactly.items()]
        wishes += [f"Linear widths {', '.join(map(_width, self.widths))}"] if self.widths else []
        return f"Layers: {'; '.join(wishes)}."

    def lint(self) -> list[str]:
        if not (self.allowed or self.required or self.exactly or self.widths):
            return ["this check can't fail: give `allowed`, `required`, `exactly` or `widths`"]
        demanded = {*self.required, *self.exactly}
        return [
            f"{layer} is required but not allowed" for layer in demanded if self.allowed and layer not in self.allowed
        ]

    def for_students(self) -> Check:
        return self.without_note()

    def judge(self, evidence: ProblemEvidence) -> Outcome:
        model = model_of(evidence)
        if isinstance(model, Outcome):
            return model
        kinds = Counter(row.type for row in model.rows)
        working = Counter(row.type for row in model.rows if not row.idle)
        apart = Counter(row.type for row in model.rows if not row.idle and not row.merged)
        parts = [*kinds, *(f"{tensor.kind} “{tensor.name}”" for tensor in model.spec.loose)]
        forbidden = [part for part in parts if part not in self.allowed] if self.allowed else []
        unclear = uncountable(model)
        if unclear is not None and not forbidden:
            return unclear
        faults = [f"not allowed: {', '.join(forbidden)}"] if forbidden else []
        faults += [
            f"{layer}: {apart[layer]}, at least {n} needed" for layer, n in self.required.items() if apart[layer] < n
        ]
        faults += [
            f"{layer}: {working[layer]}, exactly {n} wanted" for layer, n in self.exactly.items() if working[layer] != n
        ]
        widths = [
            row.output_shape[-1] for row in model.rows if row.type == "Linear" and row.output_shape and not row.idle
        ]
        if self.widths and not _fits(widths, self.widths):
            faults.append(f"Linear widths are {widths}, wanted {', '.join(map(_width, self.widths))}")
        observed = ", ".join(f"{n} {kind}" if n > 1 else kind for kind, n in kinds.items())
        allowed = self.asked().removeprefix("Layers: ").rstrip(".")
        line = BudgetLine(what="layers", found=observed, allowed=allowed, ok=not faults).model_dump()
        said = "".join(f" {remark}" for remark in model.layer_remarks)
        said += f" Constructed but never used: {', '.join(model.spec.unused)}." if model.spec.unused else ""
        if not faults:
            return passed(f"The layers are as asked.{said}", observed=observed, source=model.source, budget=line)
        return failed(
            f"{'; '.join(faults)}.{said}",
            observed=observed,
            source=model.source,
            advice="Build the network from the layers that the problem names.",
            budget=line,
        )


def _width(width: int | tuple[int, ...]) -> str:
    return str(width) if isinstance(width, int) else " or ".join(map(str, width))


def _fits(widths: list[int], wanted: tuple[int | tuple[int, ...], ...]) -> bool:
    return len(widths) == len(wanted) and all(
        found == want if isinstance(want, int) else found in want for found, want in zip(widths, wanted, strict=True)
    )
