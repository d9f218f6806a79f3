"""Counts a network on the meta device: output shapes, parameters, hidden units. Nothing is allocated."""

import math

import torch
from torch import Tensor, nn

from grader.core.errors import SubmissionError
from grader.core.evidence import LayerRow
from grader.core.network import LayerSpec, ModelSpec
from grader.core.record import Record
from grader.network.build import Network, build, is_join
from grader.network.units import units_of

_BATCH = 2  # samples that pass through to see the shapes
_MOST_VALUES = 10**7  # that one layer may make of one sample


class Count(Record):
    """Totals of a network. `parameters` counts what training changes, shared weights once.

    `operations` estimates the multiply-adds of one forward pass of one sample: each weight once a place of the output,
    and what a layer without weights looks at. `values` are those that all layers together make of one sample.
    """

    rows: tuple[LayerRow, ...]
    parameters: int
    buffers_as_weights: int
    hidden_units: int
    hidden_units_within: tuple[int, int]
    hidden_layers: int
    hidden_layers_within: tuple[int, int]
    operations: int
    values: int


def count(spec: ModelSpec, input_shape: tuple[int, ...] | None) -> Count:
    """Count the network that a spec describes, for one sample of `input_shape` (None: no shapes in the rows).

    Raises SubmissionError naming the layer when one can't be built or its input doesn't fit.
    """
    network = build(spec, "meta")
    shapes = _shapes(network, spec, input_shape) if input_shape is not None else [None] * len(spec.layers)
    rows = []
    units = units_of(spec.layers, network.wiring, shapes)
    for position, (layer, module, shape) in enumerate(zip(spec.layers, network.layers, shapes, strict=True)):
        rows.append(
            LayerRow(
                name=layer.name,
                type=layer.type,
                settings=_settings(layer, module),
                output_shape=shape,
                parameters=sum(p.numel() for p in module.parameters()),
                shared=layer.shares is not None,
                idle=units.idle[position],
                merged=position in units.merged,
                hidden_units=units.made.get(position, 0),
            )
        )
    if any(n < 0 for tensor in spec.loose for n in tensor.shape):
        raise SubmissionError("a tensor beside the layers has a negative size")
    loose = {kind: sum(math.prod(t.shape) for t in spec.loose if t.kind == kind) for kind in ("parameter", "buffer")}
    return Count(
        rows=tuple(rows),
        parameters=sum(p.numel() for p in network.parameters()) + loose["parameter"],
        buffers_as_weights=loose["buffer"],
        hidden_units=units.hidden_units,
        hidden_units_within=(units.least_units, units.most_units),
        hidden_layers=units.hidden_layers,
        hidden_layers_within=(units.least_layers, units.hidden_layers),
        operations=sum(map(_operations, network.layers, shapes)),
        values=sum(math.prod(shape) for shape in shapes if shape is not None),
    )


def _operations(module: nn.Module, shape: tuple[int, ...] | None) -> int:
    """The multiply-adds of one layer for one sample; a window without weights counts each place that it looks at."""
    if shape is None:
        return 0
    weights = sum(p.numel() for p in module.parameters())
    if isinstance(module, nn.Linear):
        return weights * math.prod(shape[:-1])  # its features come last, whatever lies before them
    if weights:
        return weights * math.prod(shape[1:])
    window = getattr(module, "kernel_size", 1)
    dimensions = len(shape) - 1
    area = math.prod(window) if isinstance(window, tuple) else window**dimensions
    return math.prod(shape) * int(area)


def _shapes(network: Network, spec: ModelSpec, input_shape: tuple[int, ...]) -> list[tuple[int, ...] | None]:
    """Output shapes without the batch dimension, by a forward pass on the meta device."""
    if math.prod(input_shape) > _MOST_VALUES:
        raise SubmissionError(f"an input of shape {input_shape} is absurdly large")
    network.eval()
    values: dict[int, Tensor] = {-1: torch.empty((_BATCH, *input_shape), device="meta")}
    shapes: list[tuple[int, ...] | None] = []
    for position, layer in enumerate(spec.layers):
        fed = [values[i] for i in network.wiring[position]]
        where = f"layer {layer.name or position + 1}"
        try:
            out = network.apply_layer(position, fed)
        except (RuntimeError, ValueError, LookupError, TypeError, ArithmeticError) as error:
            sizes = " and ".join(str(tuple(t.shape[1:])) for t in fed)
            reason = str(error).splitlines()[0]
            raise SubmissionError(
                f"{layer.type} doesn't fit its input of shape {sizes}: {reason}", where=where
            ) from error
        if out.shape[0] != _BATCH:
            raise SubmissionError(f"{layer.type} mixes the samples of a batch", where=where)
        if out.numel() > _BATCH * _MOST_VALUES:
            raise SubmissionError(f"{layer.type} makes {out[0].numel():,} values of a sample", where=where)
        values[position] = out
        shapes.append(tuple(out.shape[1:]))
    return shapes


def _settings(layer: LayerSpec, module: nn.Module) -> str:
    """The settings as torch prints them, without torch's defaults."""
    return "" if is_join(layer) else module.extra_repr()
