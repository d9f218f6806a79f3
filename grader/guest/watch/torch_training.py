"""One optimiser at work: the network it steps, and everything a recipe needs."""

import json
from pathlib import Path

from ..describe import modules
from . import loops
from .settings import described_loader, optimizer_settings, own_or_torch

HERE = str(Path(__file__).parent.parent)  # the guest's package
_MOST_VALUES = 4_000_000  # of a batch whose samples are told apart
_MOSTLY = 0.98
_SHOWN_SAMPLES = 4  # inputs that the host recognises in its own copy of the data


class Training:
    """Takes in each step of one optimiser, and writes down what it saw."""

    def __init__(self, probe, optimizer, closure=False):
        self.closure = closure  # its forward pass runs within the step, which is seen when it is over
        self.optimizer, self.torch = optimizer, probe.torch
        self.own = [p for group in optimizer.param_groups for p in group["params"]]
        self.cell, self.number = probe.cell, len(probe.trainings)
        self.notes = {}
        self.condition = loops.open_end(HERE)
        if self.condition:
            self.note(self.condition)
        if closure:
            self.note("its steps take a closure")
        self.copied_at = None  # how many steps had been taken when the network was copied
        self.model = self.find_model(probe)
        self.variable = probe.name_of(self.model)
        self.settings = probe.unscheduled.get(id(optimizer)) or optimizer_settings(optimizer)
        self.loops, self.losses, self.first_rows = {}, {}, set()
        self.rows, self.seen_rows, self.fresh = set(), 0, 0
        self.direction = None
        self.steps, self.samples, self.largest_batch = 0, 0, 0
        self.input_shape, self.seen = None, []
        self.rests = False  # whether dropout or batch norm were ever switched off in training
        self.after = None
        self.spec = None
        if self.model is not None:
            self.spec, remarks, written = modules.describe(self.model, probe.torch, self.shape_given(probe))
            self.notes.update(dict.fromkeys(remarks))
            self.compare(probe, written)

    def find_model(self, probe):
        """The module that holds the optimiser's parameters: the one called last, or one in the namespace."""
        own = {id(p) for p in self.own}
        candidates = [call.module for call in reversed(probe.calls.values())]
        candidates += [v for v in list(probe.namespace.values()) if isinstance(v, probe.torch.nn.Module)]
        held = [(module, own & {id(p) for p in module.parameters()}) for module in candidates]
        return next((m for m, p in held if p == own), None) or next((m for m, p in held if p), None)

    def shape_given(self, probe):
        """The shape of one sample, when the whole network was called."""
        call = probe.calls.get(id(self.model))
        return None if call is None else call.given.shape[1:]

    def compare(self, probe, written):
        """Notes on weights that are not all stepped, or not as torch draws them."""
        own, weights = {id(p) for p in self.own}, list(self.model.parameters())
        if own - {id(p) for p in weights}:
            self.note("the optimiser also steps weights outside this network")
        if not own >= {id(p) for p in weights}:
            self.note("the optimiser steps only a part of its weights")
        if not all(p.requires_grad for p in weights):
            self.note("some of its weights are frozen")
        if any(p._backward_hooks or getattr(p, "_post_accumulate_grad_hooks", None) for p in weights):
            self.note("a hook changes its gradients")
        if any(p.dtype != probe.torch.float32 for p in weights):
            self.note(f"its weights are {weights[0].dtype}")
        if any(other.model is self.model for other in probe.trainings.values()):
            return  # trained before: that is said elsewhere
        if self.closure:
            return
        for module in self.model.modules():
            if id(module) in written:
                initial, known = probe.draws.initial(module)
                self.spec["layers"][written[id(module)]]["initial"] = initial
                if not known:
                    self.note("its first weights are not as torch draws them: they were set or loaded")

    def observe(self, probe):
        """Take in one step."""
        self.steps, self.cell = self.steps + 1, probe.cell
        if self.copied_at is not None:
            self.note("a copy of the network was kept while it trained")
        parts = {id(module) for module in self.model.modules()} if self.model is not None else set()
        calls = [call for key, call in probe.calls.items() if key in parts]
        whole = probe.calls.get(id(self.model))
        first, last = (whole, whole) if whole else (calls[0], calls[-1]) if calls else (None, None)
        own = {id(p) for p in self.own}
        led = probe.led_to(own) or ([*probe.elsewhere] if first is None else [])
        loss = led[-1].loss if led else None
        if first is not None:
            self.take_input(first.given, loss, probe.loop)
            self.rests |= not all(module.training for module in self.model.modules())
        if probe.loop is not None:
            probe.loop.stepped = True
            self.loops.setdefault(probe.loop.number, [probe.loop, 0])[1] += 1
            if probe.loop.by_hand:
                self.note("batches are asked for one by one with next(), not in a loop over the epoch")
        if loss is None:
            self.note("no loss was seen")
        else:
            self.losses.setdefault(str((loss.kind, loss.settings)), loss)
            self.judge_loss(loss, last)
        if self.closure:
            return
        if len(led) != 1:
            self.note(f"{len(led) or 'no'} backward passes lead to a step")
        probe.look_at_groups(self.optimizer)
        for remark in [remark for passed in led for remark in passed.remarks]:
            self.note(remark)
        for whose, remark in probe.remarks:
            if whose & own:
                self.note(remark)
        with_gradient = [p for p in self.own if p.grad is not None]
        if state([p.grad for p in with_gradient], self.torch) != [probe.gradients.get(id(p)) for p in with_gradient]:
            self.note("gradients are changed by hand")
        self.look_after("between its steps")
        probe.accept(self.optimizer)

    def take_input(self, given, loss, probe_loop):
        """What the network got in this step."""
        self.samples += len(given)
        self.largest_batch = max(self.largest_batch, len(given))
        self.first_rows.add(hash(given[0].detach().cpu().numpy().tobytes()))
        if probe_loop is None:
            self.count_rows(given.detach())
        if self.input_shape is None:
            self.input_shape = list(given.shape[1:])
            values = given[:_SHOWN_SAMPLES].detach().reshape(min(len(given), _SHOWN_SAMPLES), -1)
            labels = loss.target[: len(values)].detach() if loss is not None else []
            classes = [int(label.argmax() if label.dim() else label) for label in labels]
            self.seen = [
                {"values": [float(f"{v:.7g}") for v in row], "label": label}
                for row, label in zip(values.tolist(), classes)
            ]

    def count_rows(self, given):
        """How many different samples there were, and how many in a row came without many repetitions."""
        if given.numel() > _MOST_VALUES:
            return
        flat = given.reshape(len(given), -1).double()
        if self.direction is None:
            self.direction = self.torch.cos(self.torch.arange(flat.shape[1], dtype=flat.dtype) ** 2)
        self.rows.update(round(value, 9) for value in (flat @ self.direction).tolist())
        self.seen_rows += len(given)
        if len(self.rows) >= _MOSTLY * self.seen_rows:
            self.fresh = self.seen_rows

    def judge_loss(self, loss, call):
        """A recipe can name only a loss of the network's output itself and the classes of the batch."""
        if call is None or loss.given.data_ptr() != call.output.data_ptr() or loss.given.numel() != call.output.numel():
            self.note("the loss is not taken of the network's output itself")
        target = loss.target
        one_hot = target.dim() == 2 and bool(((target == 0) | (target == 1)).all() and (target.sum(1) == 1).all())
        if not one_hot and (target.dim() != 1 or target.is_floating_point()):
            self.note("the loss compares with something else than the classes")

    def remember(self):
        """After a step: what the weights are until the next."""
        if not self.closure:
            self.after = norms(self.own, self.torch)

    def look_after(self, when="after its training"):
        if self.after is not None and norms(self.own, self.torch) != self.after:
            self.note(f"its weights are changed by hand {when}")

    def note(self, text):
        self.notes[text] = None

    def record(self, probe):
        """This training as JSON."""
        passes = [loop for loop, _ in self.loops.values()]
        loaders = {
            json.dumps(described): described
            for described in (described_loader(loop.loader, self.torch) for loop in passes)
        }
        return {
            "number": self.number,
            "model": id(self.model),
            "variable": self.variable,
            "spec": self.spec,
            "cell": self.cell,
            "optimizer": {"type": own_or_torch(type(self.optimizer), self.torch.optim), "settings": self.settings},
            "groups": len(self.optimizer.param_groups),
            "losses": [{"type": loss.kind, "settings": loss.settings} for loss in self.losses.values()],
            "steps": self.steps,
            "samples": self.samples,
            "largest_batch": self.largest_batch,
            "different_batches": len(self.first_rows),
            "different_samples": len(self.rows),
            "fresh_samples": self.fresh,
            "passes": len(passes),
            "steps_in_passes": sum(steps for _, steps in self.loops.values()),
            "batches_in_passes": sum(_expected(loop) for loop in passes),
            "loaders": list(loaders.values())[:10],
            "input_shape": self.input_shape,
            "seen": self.seen,
            "rests": self.rests,
            "schedules": [
                {key: entry[key] for key in ("type", "settings", "unwritten", "steps", "early")}
                for entry in probe.schedules
                if entry["optimizer"] is self.optimizer
            ],
            "notes": [*self.notes][:100],
        }


def norms(tensors, torch):
    """The length of each as a number, and None where it is none: that equals itself."""
    with torch.no_grad():
        found = torch.stack(torch._foreach_norm(list(tensors))).tolist() if tensors else []
    return [None if norm != norm else norm for norm in found]


def state(gradients, torch):
    """What any change to a gradient changes."""
    return [(g.data_ptr(), g._version, norm) for g, norm in zip(gradients, norms(gradients, torch))]


def groups(optimizer):
    """The settings of each parameter group."""
    return [{key: value for key, value in group.items() if key != "params"} for group in optimizer.param_groups]


def _expected(loop):
    """How many batches a pass has when nothing ends it early."""
    try:
        return min(len(loop.loader), loop.most)
    except TypeError:  # an endless or unsized data set
        return loop.batches
