"""A realistic grade for the tests of the reports: one problem set with every status in it."""

import math

from grader.core.choices import EpochRule, Watched
from grader.core.evidence import EpochPoint, Lane, LayerRow, ModelFacts, Retraining
from grader.core.network import InputSpec, LayerSpec, LossSpec, ModelSpec, OptimizerSpec, Recipe, ScheduleSpec
from grader.core.outcome import BudgetLine, CheckResult, Grade, NetworkResult, ProblemResult, SubmissionInfo


def lane(seed: int, accuracy: float, *, epochs: int = 10, diverged: bool = False, start: float = 0.915) -> Lane:
    """A training that approaches its final accuracy as real ones do; a diverged one stays at chance with no loss."""
    wiggle = [0.0006 * ((seed * 7 + epoch * 5) % 5 - 2) for epoch in range(epochs)]
    curve = tuple(
        EpochPoint(epoch=e + 1, loss=math.nan, accuracy=0.098)
        if diverged
        else EpochPoint(
            epoch=e + 1,
            loss=0.42 * math.exp(-0.3 * e) + 0.02,
            accuracy=accuracy if e == epochs - 1 else accuracy - (accuracy - start) * math.exp(-0.55 * e) + wiggle[e],
        )
        for e in range(epochs)
    )
    return Lane(seed=seed, accuracy=0.098 if diverged else accuracy, curve=curve, seconds=21.4, diverged=diverged)


def check(
    name: str, status: str = "passed", points: float = 2, score: float | None = None, **more: object
) -> CheckResult:
    """A check with the score that its status gives, unless told."""
    earned = score if score is not None else points if status == "passed" else points / 2 if status == "partial" else 0
    return CheckResult.model_validate(
        {"name": name, "type": "numeric", "message": "", "status": status, "score": earned, "max_score": points} | more
    )


def problem(id: str, title: str, *checks: CheckResult, **more: object) -> ProblemResult:
    """A problem whose points follow from its checks."""
    return ProblemResult(
        id=id,
        title=title,
        score=sum(c.score for c in checks),
        max_score=sum(c.max_score for c in checks),
        manual_points=sum(c.max_score for c in checks if c.status == "manual"),
        checks=checks,
        **more,  # type: ignore[arg-type]
    )


def grade_of(*problems: ProblemResult, **more: object) -> Grade:
    """A grade whose points follow from its problems."""
    return Grade.model_validate(
        {
            "rubric": "set3",
            "title": "Set 3: Deep Learning",
            "submission": SubmissionInfo(id="ada-lovelace", files=("report.md", "3B.ipynb")),
            "error_points": sum(c.max_score for p in problems for c in p.checks if c.status == "error"),
            "score": sum(p.score for p in problems),
            "max_score": sum(p.max_score for p in problems),
            "manual_points": sum(p.manual_points for p in problems),
            "problems": problems,
        }
        | more
    )


def budget(what: str, found: str, allowed: str, ok: bool) -> dict[str, object]:
    """The details of a check that looked at a network."""
    return {"budget": BudgetLine(what=what, found=found, allowed=allowed, ok=ok).model_dump()}


def mlp(notebook: str, *widths: int, dropout: float = 0.1) -> ModelFacts:
    """A fully-connected network on 28 x 28 images."""
    rows = [LayerRow(name="0", type="Flatten", settings="start_dim=1, end_dim=-1", output_shape=(784,), parameters=0)]
    before = 784
    for width in (*widths, 10):
        position = str(len(rows))
        rows.append(
            LayerRow(
                name=position,
                type="Linear",
                settings=f"in_features={before}, out_features={width}",
                output_shape=(width,),
                parameters=width * (before + 1),
            )
        )
        if width != 10:
            rows.append(LayerRow(name=str(len(rows)), type="ReLU", settings="", output_shape=(width,), parameters=0))
            rows.append(
                LayerRow(
                    name=str(len(rows)), type="Dropout", settings=f"p={dropout}", output_shape=(width,), parameters=0
                )
            )
        before = width
    return ModelFacts(
        notebook=notebook,
        cell=9,
        variable="model",
        headings=("Modeling",),
        spec=ModelSpec(layers=tuple(LayerSpec(type=row.type, name=row.name) for row in rows)),
        recipe=Recipe(
            loss=LossSpec(type="CrossEntropyLoss"),
            optimizer=OptimizerSpec(type="Adam", settings={"lr": 0.001, "betas": (0.9, 0.999), "weight_decay": 0}),
            schedules=(ScheduleSpec(type="StepLR", settings={"step_size": 5, "gamma": 0.5}),),
            batch_size=32,
            epochs=10,
            inputs=InputSpec(shape=(1, 28, 28), divide=255),
            train_samples=60000,
        ),
        rows=tuple(rows),
        parameters=sum(row.parameters for row in rows),
        hidden_units=sum(widths),
        hidden_layers=len(widths),
    )


WATCHED = Watched(what="loss", of="validation")


def convnet(notebook: str) -> ModelFacts:
    """A convolutional network with more parameters than it may have."""
    table = (
        ("conv1", "Conv2d", "1, 32, kernel_size=(3, 3), padding=(1, 1)", (32, 28, 28), 320),
        ("bn1", "BatchNorm2d", "num_features=32, eps=1e-05, momentum=0.1", (32, 28, 28), 64),
        ("relu1", "ReLU", "", (32, 28, 28), 0),
        ("conv2", "Conv2d", "32, 64, kernel_size=(3, 3), padding=(1, 1)", (64, 28, 28), 18496),
        ("pool", "MaxPool2d", "kernel_size=2, stride=2", (64, 14, 14), 0),
        ("drop", "Dropout", "p=0.25", (64, 14, 14), 0),
        ("flatten", "Flatten", "start_dim=1, end_dim=-1", (12544,), 0),
        ("fc1", "Linear", "in_features=12544, out_features=128", (128,), 1605760),
        ("relu2", "ReLU", "", (128,), 0),
        ("fc2", "Linear", "in_features=128, out_features=10", (10,), 1290),
    )
    rows = tuple(
        LayerRow(name=name, type=kind, settings=settings, output_shape=shape, parameters=parameters)
        for name, kind, settings, shape, parameters in table
    )
    return ModelFacts(
        notebook=notebook,
        cell=12,
        variable="net",
        spec=ModelSpec(layers=tuple(LayerSpec(type=r.type, name=r.name) for r in rows), unused=("fc_extra",)),
        recipe=Recipe(
            loss=LossSpec(type="CrossEntropyLoss"),
            optimizer=OptimizerSpec(type="RMSprop", settings={"lr": 0.001, "alpha": 0.99}),
            batch_size=32,
            epochs=10,
            inputs=InputSpec(shape=(1, 28, 28), divide=255, mean=0.1307, std=0.3081),
            train_samples=50000,
            held_out=10000,
            epochs_are="at most",
            stopping=EpochRule(watched=WATCHED, better="lower", min_delta=0.001, patience=3),
            keeping=EpochRule(watched=WATCHED, better="lower", min_delta=0.001),
        ),
        rows=rows,
        parameters=sum(row.parameters for row in rows),
        hidden_units=128,
        hidden_layers=1,
    )


def reached() -> Retraining:
    """Three trainings were enough to decide for the student."""
    lanes = (lane(0, 0.9771), lane(1, 0.9746), lane(2, 0.9762), lane(3, 0.9768))
    return Retraining(dataset="MNIST", threshold=0.975, planned=5, lanes=lanes, verdict="reached")


def missed() -> Retraining:
    """One training reached it, one fell apart, three stayed short."""
    lanes = (lane(0, 0.9803), lane(1, 0.9779), lane(2, 0.098, diverged=True), lane(3, 0.9788), lane(4, 0.9791))
    return Retraining(dataset="MNIST", threshold=0.98, planned=5, lanes=lanes, verdict="missed")


def sample_grade() -> Grade:
    """The grade of one student who did well on some problems and not on others."""
    return grade_of(
        problem(
            "1A",
            "Backpropagation and weight initialization",
            check(
                "Explanation",
                "manual",
                5,
                type="manual",
                message="A person reads this answer.",
                asked="A person reads this answer.",
                note="TA ONLY: wants the zero gradient through ReLU.",
                observed="With all weights at zero nothing is ever sent back, so that network stays as it is.\n\n"
                "During the forward pass all activations are zero due to the ReLU, so that the partial derivatives "
                "with respect to the weights vanish and back propagation changes nothing: the error stays at .508.",
                source="report.md:12",
            ),
            asked="Two networks differ in their first weights alone. Why does only one of them learn? Use formulas.",
        ),
        problem(
            "3A",
            "The data",
            check(
                "Height and width", points=1, message="28 × 28 is right.", observed="28 by 28", source="report.md:31"
            ),
            check("Training images", points=1, message="60,000 is right.", observed="60,000", source="report.md:32"),
            check(
                "What the values represent",
                "manual",
                1,
                type="manual",
                message="A person reads this answer.",
                observed="Each value represents the RGB colors of each pixel.",
                source="report.md:33",
            ),
            asked="How high and wide are the images, and what does a value in one of them say? "
            "How many of them are there to train on?",
        ),
        problem(
            "3B",
            "Modeling, part 1",
            check(
                "Layers",
                points=1,
                type="layers",
                message="The layers are as asked.",
                observed="Flatten, 2 Linear, ReLU, Dropout",
                source="3B.ipynb, cell 9",
                details=budget(
                    "layers", "Flatten, 2 Linear, ReLU, Dropout", "only Linear, ReLU, Softmax, Dropout, Flatten", True
                ),
            ),
            check(
                "Hidden units",
                points=2,
                type="hidden_units",
                message="100 hidden units; allowed: at most 100.",
                observed="100",
                source="3B.ipynb, cell 9",
                details=budget("hidden units", "100", "at most 100", True),
            ),
            check(
                "Test accuracy",
                points=4,
                type="accuracy",
                message="3 of 4 trainings reach 0.975 (0.9771, 0.9746, 0.9762, 0.9768).",
                observed="0.9771, 0.9746, 0.9762, 0.9768",
                source="3B.ipynb, cell 9",
            ),
            check(
                "Reported accuracy",
                points=1,
                type="reported",
                message="States 0.9764; training it again gave 0.9746 to 0.9771.",
                observed="Test accuracy: 0.9764",
                source="3B.ipynb, cell 11",
            ),
            asked="A network of the allowed layers with no more than 100 hidden units, and a test "
            "accuracy of 0.975 or better in most of its trainings.",
            networks=(NetworkResult(model=mlp("3B.ipynb", 100), retraining=reached()),),
        ),
        problem(
            "3C",
            "Modeling, part 2",
            check(
                "Hidden layers",
                points=1,
                type="hidden_layers",
                message="2 hidden layers; allowed: at least 2.",
                observed="2",
                source="3C.ipynb, cell 9",
                details=budget("hidden layers", "2", "at least 2", True),
            ),
            check(
                "Test accuracy",
                "failed",
                5,
                type="accuracy",
                asked="Test accuracy of at least 0.98 in more than half of the trainings.",
                message="1 of 5 trainings reach 0.98 (0.9803, 0.9779, 0.0980, 0.9788, 0.9791). 1 of them diverged: "
                "the loss became infinite or the network stayed at chance.",
                observed="0.9803, 0.9779, 0.0980, 0.9788, 0.9791",
                source="3C.ipynb, cell 9",
                advice="It gets there only now and then: let the learning rate decay, or train a little longer.",
            ),
            asked="Up to 200 hidden units in two or more hidden layers now, and a model that achieves "
            "test accuracy of at least 0.98.",
            networks=(NetworkResult(model=mlp("3C.ipynb", 120, 80), retraining=missed()),),
        ),
        problem(
            "4B",
            "Parameters and output shape of a convolution",
            check("Number of parameters", points=1, message="608 is right.", observed="608", source="report.md:58"),
            check(
                "Output shape",
                "failed",
                1,
                type="shape",
                asked="State the shape of the output.",
                message="28 × 28 × 3 is not the output shape: the last number is the channels of the input.",
                observed="28 × 28 × 3",
                source="report.md:59",
                advice="A convolution has as many output channels as filters.",
            ),
            asked="How many weights does the layer have, its biases counted? Which shape has what it puts out?",
        ),
        problem(
            "4C",
            "Average and max pooling",
            check(
                "Average pooling",
                "partial",
                2,
                type="matrices",
                score=1.5,
                asked="Give 4 matrices (average), in order.",
                message="3 of 4 matrices are right; wrong or missing: number 4.",
                observed="[1 0.5; 0.5 0.25], [0.5 1; 0.25 0.5], [0.25 0.5; 0.5 1], [0.5 0.25; 1 1]",
                source="report.md:64",
            ),
            check("Max pooling", points=1, type="matrices", message="All 4 matrices are right.", source="report.md:70"),
            asked="Pool each image by averages and by maxima, 2 × 2 with stride 2.",
        ),
        problem(
            "4F",
            "A convolutional network",
            check(
                "Parameters",
                "failed",
                4,
                type="parameters",
                asked="Parameters: at most 999,999.",
                message="1,625,930 parameters; allowed: at most 999,999.",
                observed="1625930",
                source="4F.ipynb, cell 12",
                advice="Most parameters sit in the first Linear after the convolutions: pool more before it.",
                details=budget("parameters", "1,625,930", "at most 999,999", False),
            ),
            check(
                "Layers",
                points=2,
                type="layers",
                message="The layers are as asked. Constructed but never used: fc_extra.",
                observed="2 Conv2d, BatchNorm2d, 2 ReLU, MaxPool2d, Dropout, Flatten, 2 Linear",
                source="4F.ipynb, cell 12",
                details=budget(
                    "layers",
                    "2 Conv2d, BatchNorm2d, 2 ReLU, MaxPool2d, Dropout, Flatten, 2 Linear",
                    "at least 1 Dropout; at least 1 BatchNorm2d",
                    True,
                ),
            ),
            check(
                "Test accuracy",
                "skipped",
                8,
                type="accuracy",
                asked="Test accuracy of at least 0.985 in more than half of the trainings.",
                message="Not looked at, because “Parameters” did not pass.",
            ),
            check(
                "Dropout sweep",
                "failed",
                2,
                type="reported",
                visibility="hidden",
                message="HIDDEN-MESSAGE",
                observed="HIDDEN-OBSERVED",
                advice="HIDDEN-ADVICE",
                asked="HIDDEN-ASKED",
            ),
            check(
                "Discussion", "manual", 4, type="manual", message="A person reads this answer.", source="report.md:80"
            ),
            asked="A convolutional network of the allowed layers with a test accuracy of 0.985 or better, "
            "below a million parameters, after 10 epochs in batches of 32.",
            networks=(NetworkResult(model=convnet("4F.ipynb")),),
        ),
        submission=SubmissionInfo(
            id="ada-lovelace",
            files=("report.md", "3B.ipynb", "3C.ipynb", "4F.ipynb"),
            ignored=(".DS_Store",),
        ),
        notes=("3C.ipynb stops in cell 14: NameError: name 'acc' is not defined. Everything before it was graded.",),
        sandbox={
            "layer": "jail",
            "sentence": "Your code ran in a jail without network, and could read nothing but your submission.",
            "open": ["write shared /dev/shm"],
        },
        environment={"python": "3.11.9", "torch": "2.4.1", "grader": "0.1.0", "platform": "Linux x86_64", "cores": 4},
        timings={"total": 212.4},
    )
