"""Fashion-MNIST: Zalando's articles of clothing, in MNIST's files."""

from . import _idx

DATA_SET = _idx.data_set(
    "fashion_mnist",
    "Fashion-MNIST",
    "FashionMNIST/raw",
    classes=(
        *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
        *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
    ),
    torchvision="FashionMNIST",
    keras="fashion_mnist",
    openml=("Fashion-MNIST", 40996),
    tensorflow="fashion_mnist",
    spoken="fashion",
)
