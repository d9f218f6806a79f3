"""`keras.wrappers.scikit_learn`, gone from Keras: a function that builds a network, as a scikit-learn estimator."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from ..origin import as_given


def make(keras: Any) -> dict[str, type[Any]]:
    """The classes KerasClassifier and KerasRegressor, for a module of that name."""
    import numpy
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin

    class Wrapper(BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
        """Keeps the arguments of the function, of `compile`d models and of `fit` in one place, as scikit-learn asks."""

        def __init__(self, build_fn: Callable[..., Any] | None = None, **sk_params: Any) -> None:
            self.build_fn, self.sk_params = build_fn, sk_params

        def get_params(self, deep: bool = True) -> dict[str, Any]:
            """What a copy of this is made with; scikit-learn asks for it in its searches."""
            return {**self.sk_params, "build_fn": self.build_fn}

        def set_params(self, **params: Any) -> Wrapper:
            """Replace some of the parameters, and keep the others."""
            self.build_fn = params.pop("build_fn", self.build_fn)
            self.sk_params = {**self.sk_params, **params}
            return self

        def given(self, function: Callable[..., Any], more: dict[str, Any]) -> dict[str, Any]:
            """Those of the parameters that a function takes."""
            known = inspect.signature(function).parameters
            return {key: value for key, value in {**self.sk_params, **more}.items() if key in known}

        def fit(self, x: Any, y: Any, **kwargs: Any) -> Any:
            """Build the network and train it: parameters of the builder go to it, those of `fit` there."""
            build: Any = self.build_fn if self.build_fn is not None else self.__call__
            builds = build if inspect.isfunction(build) or inspect.ismethod(build) else build.__call__
            self.model = build(**self.given(builds, {}))
            loss = getattr(self.model.loss, "__name__", self.model.loss)
            if loss == "categorical_crossentropy" and numpy.ndim(y) != 2:
                y = keras.utils.to_categorical(y)
            given = {key: value for key, value in self.given(keras.Model.fit, kwargs).items() if key not in ("x", "y")}
            self.history = as_given(self.model.fit, x, y, **given)
            return self.history

        def asked(self, function: Callable[..., Any], x: Any, kwargs: dict[str, Any]) -> Any:
            """What a method of the network gives for `x`, with those of the parameters that it takes."""
            return as_given(
                function, x, **{k: v for k, v in self.given(function, kwargs).items() if k not in ("x", "y")}
            )

        def __sklearn_is_fitted__(self) -> bool:
            return hasattr(self, "model")

    class KerasClassifier(ClassifierMixin, Wrapper):  # type: ignore[misc]  # as above
        """A network with an output for each class."""

        def fit(self, x: Any, y: Any, **kwargs: Any) -> Any:
            """Train on labels of any kind, or one-hot ones."""
            y = numpy.asarray(y)
            if y.ndim == 2 and y.shape[1] > 1:
                self.classes_ = numpy.arange(y.shape[1])
            else:
                self.classes_ = numpy.unique(y)
                y = numpy.searchsorted(self.classes_, y)
            return super().fit(x, y, **kwargs)

        def predict_proba(self, x: Any, **kwargs: Any) -> Any:
            """A share for each class, in the order of `classes_`: one row a sample."""
            return self.asked(self.model.predict, x, kwargs)

        def predict(self, x: Any, **kwargs: Any) -> Any:
            """A label for each sample."""
            return self.classes_[self.predict_proba(x, **kwargs).argmax(-1)]

        def score(self, x: Any, y: Any, **kwargs: Any) -> float:
            """The accuracy, of one-hot labels too."""
            y = numpy.asarray(y)
            y = self.classes_[y.argmax(1)] if y.ndim == 2 and y.shape[1] > 1 else y
            return float((self.predict(x, **kwargs) == y.reshape(-1)).mean())

    class KerasRegressor(RegressorMixin, Wrapper):  # type: ignore[misc]  # as above
        """A network whose output is a number."""

        def predict(self, x: Any, **kwargs: Any) -> Any:
            """A number for each sample."""
            return numpy.squeeze(self.asked(self.model.predict, x, kwargs))

        def score(self, x: Any, y: Any, **kwargs: Any) -> float:
            """Minus the mean squared error: the larger, the better."""
            return -float(numpy.mean((self.predict(x, **kwargs) - numpy.asarray(y)) ** 2))

    return {"KerasClassifier": KerasClassifier, "KerasRegressor": KerasRegressor}
