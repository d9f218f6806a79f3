"""Whether what a run reports of a network stands in its notebook's code: reports can be forged, code is read."""

import ast
import inspect
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache

from grader.core.evidence import ModelFacts
from grader.core.network import Gap, LayerSpec, Recipe, Setting, Settings
from grader.guest.layers import LAYERS
from grader.guest.protocol import Blocks, GapKind
from grader.observation.code_values import Value, Values, joined
from grader.observation.live_code import CodePiece, LiveCode, Site, TooMuchError, Unit, constant, read_live

_MOST_SAID = 4
_MOST_COMPARED = 50_000  # layers with calls
_MOST_LENGTHS = 100  # of loops
# What takes steps, or leads to them: attributes, and functions by their names alone.
_TRAINS = frozenset(
    (
        *(".step", ".backward", ".fit", ".fit_generator", ".fit_one_cycle", ".train_on_batch"),
        *(".apply_gradients", ".minimize", "backward"),
    )
)
_WITHOUT_NAME = frozenset({"Flatten", "Unflatten", "Identity", "Add", "Cat", "ZeroPad2d"})  # operators do the same
_ALSO = {"AdaptiveAvgPool2d": ("mean",), "BatchNorm1d": ("batchnormalization",)}
_LIBRARIES = frozenset(
    {"torchvision", "applications", "timm", "pretrainedmodels", "hub", "transformers", "efficientnet_pytorch"}
)
_LEAST_OF_A_LIBRARY = 20  # layers; no network that torchvision, timm or Keras offer by name has fewer
_LOSSES = {
    "CrossEntropyLoss": ("crossentropy", "nll"),
    "NLLLoss": ("nll",),
    "MSELoss": ("mse", "meansquarederror"),
    "BCELoss": ("bce", "binarycrossentropy"),
    "BCEWithLogitsLoss": ("bce", "binarycrossentropy", "sigmoidcrossentropy"),
}
# The sizes of a layer that Keras is told as well; the others follow from its input, or have other defaults.
_SIZES_OF_KERAS = frozenset({"out_features", "out_channels", "p"})
_RATES_OF_KERAS = frozenset({0.0, 0.001, 0.002, 0.01, 0.1, 1.0})
_BATCH_OF_KERAS = 32
_SETTINGS_READ = frozenset(
    (
        *("in_features", "out_features", "in_channels", "out_channels", "kernel_size", "stride", "padding", "dilation"),
        *("groups", "num_features", "num_groups", "num_channels", "p", "negative_slope"),
    )
)


def unbound(
    models: Sequence[ModelFacts], pieces: Sequence[CodePiece], samples: int | None = None
) -> list[tuple[str, ...]]:
    """For each network what of its report the code doesn't hold, in words.

    `pieces` are the code that ran, `samples` those of the training split, which no code has to count.

    What the code leaves open, as a width that depends on data, is no contradiction; a name that stands nowhere is one,
    and so is a constant that no expression of that place gives.
    """
    if not models:
        return []
    try:
        first = read_live(pieces, constant)
        code = read_live(pieces, Values(first).decide)
        values = Values(code)
        bindings = _Binding(code, values, samples)
        found = [tuple(dict.fromkeys(bindings.missing(model)))[:_MOST_SAID] for model in models]
        if values.left < 0:
            raise TooMuchError("it has too many expressions")
        return found
    except (TooMuchError, RecursionError, MemoryError) as error:
        why = str(error) if isinstance(error, TooMuchError) else "it is nested too deeply"
        return [(f"the code can't be compared with what ran: {why}",)] * len(models)


class _Binding:
    """The code of one notebook, asked for what is said of its networks."""

    def __init__(self, code: LiveCode, values: Values, samples: int | None) -> None:
        self.code, self.values, self.samples = code, values, samples
        self.keras = bool({"keras", "tensorflow"} & code.modules)
        self.names = {_plain(name) for name in code.outside}
        if self.keras or code.by_name:
            self.names |= {_plain(word) for text in code.strings for word in re.findall(r"\w+", text[:10_000])}
        self.trains = _training_units(code)
        self.sites: dict[str, list[Site]] = {}
        for site in code.sites:
            for name in values.called(site.node.func):
                self.sites.setdefault(_plain(name), []).append(site)
        self.training_keys = frozenset(key for unit in code.units if id(unit) in self.trains for key in unit.keys)
        self.left = _MOST_COMPARED
        self.of_type: dict[str, set[str]] = {}
        self.any_sites = self.sites.get("*", [])

    def missing(self, model: ModelFacts) -> Iterator[str]:
        """What is reported of a network and stands nowhere in the code that is executed."""
        if not self.trains:
            yield "no code that is executed trains a network"
        elif model.cell is not None and not self._trains_in(model.cell):
            yield f"the code of cell {model.cell} trains no network"
        if len(model.spec.layers) < _LEAST_OF_A_LIBRARY or not _LIBRARIES & (self.code.modules | self.code.outside):
            for layer in model.spec.layers:
                yield from self._layer(layer)
        if model.recipe is not None:
            yield from self._recipe(model.recipe)

    def _trains_in(self, cell: int) -> bool:
        return any(unit.cell == cell for unit in self.code.units if id(unit) in self.trains)

    # layers

    def _layer(self, layer: LayerSpec) -> Iterator[str]:
        entry = LAYERS.get(layer.type)
        if entry is None or layer.type in _WITHOUT_NAME or layer.shares is not None:
            return
        named = self.of_type.get(layer.type)
        if named is None:
            named = self.of_type[layer.type] = self._named(layer.type)
        if not named:
            yield f"a layer {layer.type} is reported, which stands nowhere in the code"
            return
        sites = [site for name in named for site in self.sites.get(name, [])]
        settings = {key: value for key, value in layer.settings.items() if key in _SETTINGS_READ}
        if isinstance(settings.get("groups"), int) and settings["groups"] != 1:
            settings = {}  # Keras's depthwise ones: their channels follow from the input
        sites += self.any_sites
        of_layer = [site for site in sites if site.node.args or site.node.keywords]
        if not settings or (sites and not of_layer):
            return
        if not sites:  # where the class is handed on, whoever calls it isn't seen
            if not named & {_plain(name) for name in self.code.passed}:
                yield f"a layer {layer.type} is reported, which no call in the code makes"
            return
        self.left -= len(of_layer)
        if self.left < 0:
            raise TooMuchError("there are too many layers and calls to compare")
        closest = min((self._differs(layer.type, settings, site) for site in of_layer), key=len)
        if not closest:
            return
        told = ", ".join(f"{key}={_shown(settings[key])}" for key in closest)
        yield f"a layer {layer.type} with {told} is reported, which no call in the code gives"

    def _named(self, kind: str) -> set[str]:
        """The names in the code that may stand for a type of layer."""
        stem = _plain(kind)
        alike = {stem, f"lazy{stem}", *_ALSO.get(kind, ())}
        family = re.sub(r"^adaptive|\dd$", "", stem)
        of_family = family != stem or "norm" in stem or "dropout" in stem
        for name, entry in LAYERS.items():
            if name == kind or (of_family and re.sub(r"^adaptive|\dd$", "", _plain(name)) == family):
                alike |= {_plain(n) for n in (*entry.functions, *entry.keras, *entry.keras_functions)}
        alike -= {"activation"}
        return {name for name in self.names if name in alike or (of_family and family in name)}

    def _differs(self, kind: str, settings: Settings, site: Site) -> list[str]:
        """The settings of a layer that this call doesn't give it."""
        if site.name in (kind, f"Lazy{kind}") and not self.keras:
            given = self._given(site.node, _defaults("nn", kind, lazy=site.name != kind))
            return [key for key, value in settings.items() if key in given and not self._may_be(given[key], value)]
        value = joined(self.values.of(argument) for argument in _arguments(site.node))
        functional = site.name[:1].islower() and not site.name.startswith("Lazy")
        read = settings if not self.keras and functional else settings.keys() & _SIZES_OF_KERAS
        defaults = _defaults("nn", kind)
        return [
            key for key in read if not self._may_be(value, settings[key]) and defaults.get(key, ...) != settings[key]
        ]

    def _given(self, call: ast.Call, defaults: Mapping[str, object]) -> dict[str, Value]:
        """What a call of a class gives each of its arguments; what it leaves out is the default's."""
        names = list(defaults)
        open_ended = any(isinstance(argument, ast.Starred) for argument in call.args)
        found = {
            name: Value(frozenset(_scalars(default)), default is inspect.Parameter.empty)
            for name, default in defaults.items()
        }
        for place, argument in enumerate(call.args[: len(names)]):
            found[names[place]] = self.values.of(argument)
        for keyword in call.keywords:
            if keyword.arg:
                found[keyword.arg] = self.values.of(keyword.value)
        if found.get("stride") == Value(frozenset({None})):  # a window moves by its own size
            found["stride"] = found["kernel_size"]
        if open_ended or any(keyword.arg is None for keyword in call.keywords):
            rest = joined(self.values.of(argument) for argument in _arguments(call))
            found = {name: joined([value, rest]) for name, value in found.items()}
        return found

    @staticmethod
    def _may_be(value: Value, reported: Setting) -> bool:
        if value.open:
            return True
        parts = reported if isinstance(reported, tuple) else (reported,)
        numbers = value.numbers()
        for part in parts:
            if isinstance(part, bool) or part is None or isinstance(part, str):
                continue
            if not any(math.isclose(part, number, rel_tol=1e-6, abs_tol=1e-12) for number in numbers):
                return False
        return True

    # how it was trained

    def _recipe(self, recipe: Recipe) -> Iterator[str]:
        gaps = recipe.gaps
        if not _rules_out(gaps, Blocks.LOSS):
            wanted = _LOSSES.get(recipe.loss.type, ())
            if wanted and not any(part in name for name in self.names for part in wanted):
                yield f"the loss {recipe.loss.type} is reported, which stands nowhere in the code"
        if not any(gap.kind is GapKind.OPTIMISER for gap in gaps):
            yield from self._optimizer(recipe.optimizer.type, recipe.optimizer.settings)
        for schedule in recipe.schedules:
            if _plain(schedule.type) not in self.names and not self.keras:
                yield f"the schedule {schedule.type} is reported, which stands nowhere in the code"
        yield from self._length(recipe)

    def _optimizer(self, kind: str, settings: Settings) -> Iterator[str]:
        name = _plain(kind)
        if not name.isidentifier() or not kind.isidentifier():
            return  # one that torch hasn't: nobody trains with it
        named = {n for n in self.names if n in (name, f"{name}optimizer")}
        decoupled = settings.get("decoupled_weight_decay") or kind == "AdamW"
        by_default = name == "rmsprop" and any(site.name == "compile" for site in self.code.sites)
        if not named and not (decoupled and "adam" in self.names) and not by_default:
            yield f"the optimiser {kind} is reported, which stands nowhere in the code"
            return
        numbers = {k: v for k, v in settings.items() if isinstance(v, int | float | tuple) and not isinstance(v, bool)}
        if self._rates_change():
            numbers.pop("lr", None)
        if self.keras:
            rate = numbers.get("lr")
            everywhere = self._everywhere
            if rate is not None and rate not in _RATES_OF_KERAS and not self._may_be(everywhere, rate):
                yield f"a learning rate of {_shown(rate)} is reported, which no expression in the code gives"
            return
        sites = [site for n in named for site in self.sites.get(n, [])]
        sites += self.any_sites
        groups = joined(self.values.of(held) for key in numbers for held in self.code.assigned.get(f"[{key}", []))
        wrong: list[list[str]] = []
        for site in sites:
            if site.name == kind:
                given = self._given(site.node, _defaults("optim", kind))
                differs = [k for k, v in numbers.items() if k in given and not self._may_be(given[k], v)]
            else:
                value = joined(self.values.of(argument) for argument in _arguments(site.node))
                defaults = _defaults("optim", kind)
                differs = [k for k, v in numbers.items() if not self._may_be(value, v) and defaults.get(k) != v]
            differs = [k for k in differs if not (groups.known or groups.open) or not self._may_be(groups, numbers[k])]
            if not differs:
                return
            wrong.append(differs)
        if wrong:
            told = ", ".join(f"{key}={_shown(numbers[key])}" for key in min(wrong, key=len))
            yield f"the optimiser {kind} with {told} is reported, which no call in the code gives"

    def _rates_change(self) -> bool:
        """Whether the code sets learning rates other than where it makes the optimiser."""
        by_hand = {"param_groups", "set_value", "lr_scheduler", "LearningRateScheduler", "schedules", "g", "assign"}
        return bool(by_hand & (self.code.outside | self.code.modules)) or ".learning_rate" in self.code.assigned

    @cached_property
    def _everywhere(self) -> Value:
        arguments = (argument for site in self.code.sites for argument in _arguments(site.node))
        held = (value for key, values in self.code.assigned.items() for value in values if key[:1] in "[." and value)
        found = [self.values.of(node) for node in (*arguments, *held)]
        return Value(frozenset(one for value in found for one in value.known))

    def _length(self, recipe: Recipe) -> Iterator[str]:
        """Epochs and the size of batches."""
        if any(gap.kind is GapKind.BATCHES for gap in recipe.gaps):
            return
        least = any(gap.kind is GapKind.LENGTH for gap in recipe.gaps) or self.code.breaks
        lengths = self._loops()
        if lengths is not None and not _makes(recipe.epochs, lengths, least=least):
            yield f"{recipe.epochs} epochs are reported, which no loop in the code makes"
        if recipe.batch_size in (1, _BATCH_OF_KERAS if self.keras else 1, recipe.train_samples, self.samples):
            return
        batches = self._batches()
        if not batches.open and not self._may_be(batches, recipe.batch_size):
            yield f"batches of {recipe.batch_size} are reported, which no expression in the code gives"

    def _loops(self) -> list[float] | None:
        """How often loops with training in them run, and what `fit` is told; None where any of it is unknown."""
        found: set[float] = {1}
        times = 0
        seen: set[int] = set()
        for unit in self.code.units:
            if id(unit) not in self.trains:
                continue
            for name, places in unit.refers.items():
                if name not in _TRAINS and name not in self.training_keys:
                    continue
                times += len(places)
                for loop in (loop for loops in places for loop in loops if id(loop) not in seen):
                    seen.add(id(loop))
                    if isinstance(loop, ast.While):
                        return None
                    length = self.values.length(getattr(loop, "iter", None))
                    if length is not None and length.open:
                        return None
                    found |= length.numbers() if length else set()
        for site in self.code.sites:
            if site.name in ("fit", "fit_generator", "fit_one_cycle"):
                value = joined(self.values.of(argument) for argument in _arguments(site.node, but_first=1))
                epochs = [k.value for k in site.node.keywords if k.arg in ("epochs", "nb_epoch", "max_epochs")]
                value = joined(map(self.values.of, epochs)) if epochs else value
                if value.open:
                    return None
                found |= value.numbers()
        found.add(times)
        lengths = sorted(n for n in found if n >= 1)
        return lengths if len(lengths) <= _MOST_LENGTHS else None

    def _batches(self) -> Value:
        """What may be the size of a batch: whatever calls are given, and what is assigned."""
        found = [self._everywhere]
        for site in self.code.sites:
            named = [k.value for k in site.node.keywords if k.arg and "batch" in k.arg.lower()]
            second = site.node.args[1:2] if "loader" in site.name.lower() else []
            first = site.node.args[:1] if site.name in ("batch", "split", "chunk", "array_split") else []
            found += [self.values.of(node) for node in (*named, *second, *first)]
        held = (value for values in self.code.assigned.values() for value in values if value is not None)
        found += [Value(self.values.of(value).known) for value in held]
        known = {*self.code.numbers, *(n for value in found for n in value.known)}
        return Value(frozenset(known), any(value.open for value in found))


def _training_units(code: LiveCode) -> set[int]:
    """The bodies that train a network, or refer to one that does."""
    referring: dict[str, list[Unit]] = {}
    for unit in code.units:
        for name in unit.refers:
            referring.setdefault(name, []).append(unit)
    found: set[int] = set()
    waiting = [unit for name in _TRAINS for unit in referring.get(name, [])]
    while waiting:
        unit = waiting.pop()
        if id(unit) not in found:
            found.add(id(unit))
            for key in unit.keys:
                waiting += referring.pop(key, [])
    return found


def _makes(epochs: int, lengths: Sequence[float], *, least: bool) -> bool:
    """Whether this number is one of these, a sum or a product of two, or (where loops may end early) less."""
    reached = {*lengths, *(a + b for a in lengths for b in lengths), *(a * b for a in lengths for b in lengths)}
    return epochs in reached or (least and epochs < max(reached))


def _rules_out(gaps: Iterable[Gap], what: Blocks) -> bool:
    return any(gap.blocks(what) for gap in gaps)


def _plain(name: str) -> str:
    return name.lower().replace("_", "")


def _arguments(call: ast.Call, but_first: int = 0) -> list[ast.expr]:
    return [*call.args[but_first:], *(keyword.value for keyword in call.keywords)]


def _scalars(value: object) -> Iterator[int | float | str | bool | None]:
    for part in value if isinstance(value, tuple | list) else (value,):
        if isinstance(part, int | float | str | bool | None):
            yield part


@lru_cache(maxsize=200)
def _defaults(module: str, kind: str, *, lazy: bool = False) -> dict[str, object]:
    """The arguments of a class of `torch.nn` or `torch.optim` with their defaults."""
    import torch  # late: reports of submissions without networks need none of it

    of_torch = getattr(getattr(torch, module), f"Lazy{kind}" if lazy else kind, None)
    if of_torch is None:
        return {}
    return {
        name: p.default for name, p in inspect.signature(of_torch).parameters.items() if p.kind is not p.VAR_KEYWORD
    }


def _shown(value: Setting) -> str:
    return (
        "x".join(map(str, value))
        if isinstance(value, tuple)
        else f"{value:g}"
        if isinstance(value, float)
        else str(value)
    )
