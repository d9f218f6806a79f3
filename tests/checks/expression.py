"""Cases of `expression`."""

from check_evidence import text

SIGMOID = {"functions": {"\\sigma": "\\frac{1}{1+e^{-x}}"}}
SLOPE = {"type": "expression", "expect": "\\frac{e}{4(1+e)}", "tolerance": 0.0005} | SIGMOID
SLOPE |= {"mistakes": [{"match": "\\frac{1}{2(1+1/e)}", "say": "The slope at 0 is 1/4."}]}
STEP = {"type": "expression", "label": ["w_2", "w2"], "expect": 0.8224, "accept": ["0.4112"], "tolerance": 0.0005}
STEP |= {"mistakes": [{"match": "-0.8224", "say": "The sign is wrong."}]}
GRADIENT = {"type": "expression", "expect": "(p-y)x", "variables": ["p", "y", "x"], "names": {"p": ["\\hat{y}"]}}

CASES = [
    (
        SLOPE,
        {
            "the value of an expression": (text(r"$$= \frac{1}{4} \cdot \frac{1}{1+e^{-1}}$$"), "passed", "is right"),
            "a rounded value": (text("The slope is 0.1828"), "passed", "0.1828 is right"),
            "a function of the problem": (text(r"$f' = \sigma(0)(1-\sigma(0))\sigma(1)$"), "passed", "is right"),
            "in plain text": (text("df/dw = 0.25*1/(1+exp(-1)) = 0.1828."), "passed", "0.1828"),
            "boxed, with a remark": (text(r"$\boxed{0.1828}$ since $\sigma(0) = 0.5$"), "passed", "0.1828"),
            "a mistake that is known": (
                text("plug in\n\n$$\\sigma(0)\\sigma(1)$$\n\n$$=\\frac{1}{2(1+\\frac{1}{e})}$$"),
                "failed",
                "comes to 0.3655, is not right. The slope at 0 is 1/4.",
            ),
            "mutilated by an unescaping": (text("$$= rac{1}{2}$$"), "failed", "comes to 0.5"),
            "several values": (text("$0.1$ $0.2$ $0.1828$"), "manual", "Several values"),
            **{
                f"one of several: {answer}": (text(answer), "manual", "")
                for answer in (
                    r"$= 0.1828 \text{ or } 0.3655$",
                    r"$= 0.1828 \lor 0.3655$",
                    "$0.1828, 0.3655$",
                    r"$= \{0.1828, 0.3655\}$",
                    "$= [0.1828, 0.2]$",
                    "$= 0.1828; 0.2$",
                    "$= 0.1828$ or $= 0.3655$",
                    "The value is 0.1828 or 0.3655",
                    r"$= \pm 0.1828$",
                    "$0.18 < w < 0.19$",
                )
            },
            "right, and then something else": (text("$a = 0.1828$\n\n$b = 0.2$"), "manual", "what follows"),
            "a tower of powers": (text("$9**9**9**9$"), "manual", "a person reads it"),
            "a tower of powers in LaTeX": (text("$= 9^{9^{9^{9}}}$"), "manual", "a person reads it"),
            "not a number": (text("$= NaN$"), "manual", "a person reads it"),
            "LaTeX that does not parse": (text(r"$= \frac{1}{$"), "manual", "a person reads it"),
            "no formula": (text("It is small."), "manual", "No formula"),
            "no section": (text(None), "failed", "No section"),
        },
    ),
    (
        STEP,
        {
            "the loss without a factor": (
                text(r"$w_2 = w_2^{old} + 0.5 \cdot 2 \cdot 0.8224$, or $w_2 = 0.8224$"),
                "manual",
                "",
            ),
            "with the factor 1/2": (text("$w_2 = 0.4112$"), "passed", "0.4112"),
            "behind its label": (text("$w_1 = 3$\n\nw2 = 0 + 0.8224 = 0.8224\n\n$w_3 = 5$"), "passed", "0.8224"),
            "the wrong sign": (text(r"$\therefore w_2 = 0 - 0.8224$"), "failed", "The sign is wrong."),
        },
    ),
    (
        GRADIENT,
        {
            "multiplied out": (text("$g = x p - y x$"), "passed", "is right"),
            "under another name": (text(r"$g = (\hat{y} - y) x$"), "passed", "is right"),
            "the wrong sign": (text("$g = (y - p) x$"), "failed", "is not right"),
            "a name of its own": (text("$g = (a - y) x$"), "manual", "uses a, which the problem doesn't name"),
        },
    ),
]
