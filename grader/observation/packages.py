"""Packages that Colab brings along, or that notebooks install there, and how they are installed."""

# What is imported: what is installed, where the names differ; else both are the same.
_RENAMED = {
    "cv2": "opencv-python-headless", "sklearn": "scikit-learn", "PIL": "Pillow", "skimage": "scikit-image",
    "yaml": "PyYAML", "bs4": "beautifulsoup4", "mpl_toolkits": "matplotlib", "graphviz": "graphviz",
}  # fmt: skip
_SAME = (
    *("numpy", "scipy", "matplotlib", "pandas", "seaborn", "torch", "torchvision", "torchaudio", "torchtext"),
    *("torchsummary", "torchinfo", "tqdm", "ipywidgets", "requests", "imageio", "einops", "plotly", "tensorboard"),
    *("tensorflow", "keras", "tensorflow_datasets", "h5py", "sympy", "statsmodels", "networkx", "nltk", "gensim"),
    *("xgboost", "lightgbm", "bokeh", "altair", "psutil", "joblib", "tabulate", "transformers", "datasets", "timm"),
    *("jax", "jaxlib", "flax", "optax", "albumentations", "fastai", "gdown", "wandb", "pydot", "spacy", "cvxpy"),
)
ON_COLAB = {name: name for name in _SAME} | _RENAMED
# Not on Colab, but what notebooks install there.
PUBLISHED = {
    "pytorch_lightning": "pytorch-lightning", "ignite": "pytorch-ignite", "idx2numpy": "idx2numpy",
    "mnist": "python-mnist", "keras_tuner": "keras-tuner", "lightning": "lightning", "skorch": "skorch",
    "torchmetrics": "torchmetrics", "scikeras": "scikeras", "kornia": "kornia",
}  # fmt: skip
