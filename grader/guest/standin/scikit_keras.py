"""`keras.wrappers.scikit_learn`, gone from Keras: a function that builds a network, as a scikit-learn estimator."""

import inspect


def make(keras) -> dict:
    """The classes KerasClassifier and KerasRegressor, for a module of that name."""
    import numpy
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin

    class Wrapper(BaseEstimator):
        """Keeps the arguments of the function, of `compile`d models and of `fit` in one place, as scikit-learn asks."""

        def __init__(self, build_fn=None, **sk_params):
            self.build_fn, self.sk_params = build_fn, sk_params

        def get_params(self, deep=True):
            return {**self.sk_params, "build_fn": self.build_fn}

        def set_params(self, **params):
            self.build_fn = params.pop("build_fn", self.build_fn)
            self.sk_params = {**self.sk_params, **params}
            return self

        def given(self, function, more):
            """Those of the parameters that a function takes."""
            known = inspect.signature(function).parameters
            return {key: value for key, value in {**self.sk_params, **more}.items() if key in known}

        def fit(self, x, y, **kwargs):
            build = self.build_fn if self.build_fn is not None else self.__call__
            builds = build if inspect.isfunction(build) or inspect.ismethod(build) else build.__call__
            self.model = build(**self.given(builds, {}))
            loss = getattr(self.model.loss, "__name__", self.model.loss)
            if loss == "categorical_crossentropy" and numpy.ndim(y) != 2:
                y = keras.utils.to_categorical(y)
            given = {key: value for key, value in self.given(keras.Model.fit, kwargs).items() if key not in ("x", "y")}
            self.history = self.model.fit(x, y, **given)
            return self.history

        def asked(self, function, x, kwargs):
            return function(x, **{k: v for k, v in self.given(function, kwargs).items() if k not in ("x", "y")})

        def __sklearn_is_fitted__(self):
            return hasattr(self, "model")

    class KerasClassifier(ClassifierMixin, Wrapper):
        def fit(self, x, y, **kwargs):
            y = numpy.asarray(y)
            if y.ndim == 2 and y.shape[1] > 1:
                self.classes_ = numpy.arange(y.shape[1])
            else:
                self.classes_ = numpy.unique(y)
                y = numpy.searchsorted(self.classes_, y)
            return super().fit(x, y, **kwargs)

        def predict_proba(self, x, **kwargs):
            return self.asked(self.model.predict, x, kwargs)

        def predict(self, x, **kwargs):
            return self.classes_[self.predict_proba(x, **kwargs).argmax(-1)]

        def score(self, x, y, **kwargs):
            """The accuracy, of one-hot labels too."""
            y = numpy.asarray(y)
            y = self.classes_[y.argmax(1)] if y.ndim == 2 and y.shape[1] > 1 else y
            return float((self.predict(x, **kwargs) == y.reshape(-1)).mean())

    class KerasRegressor(RegressorMixin, Wrapper):
        def predict(self, x, **kwargs):
            return numpy.squeeze(self.asked(self.model.predict, x, kwargs))

        def score(self, x, y, **kwargs):
            return -float(numpy.mean((self.predict(x, **kwargs) - numpy.asarray(y)) ** 2))

    return {"KerasClassifier": KerasClassifier, "KerasRegressor": KerasRegressor}
