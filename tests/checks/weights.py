"""Cases of `weights`."""

from check_evidence import text

CONVOLUTION = {"type": "weights", "shapes": [[3, 3, 1, 8], [8]]}
KERNEL = "k = tf.get_variable('k', shape=[3, 3, 1, 8])"

CASES = [
    (
        CONVOLUTION,
        {
            "both": (text(f"```\n{KERNEL}\nb = tf.get_variable('b', [8])\n```"), "passed", "80 parameters in 2 of 2"),
            "made by hand": (
                text("```\nk = tf.Variable(tf.zeros([3, 3, 1, 8]))\nb = tf.Variable(tf.constant(0., shape=(8,)))\n```"),
                "partial",
                "Missing: 8",
            ),
            "no bias": (text(f"```\n{KERNEL}\n```"), "partial", "72 parameters in 1 of 1 weights. Missing: 8."),
            "other filters": (
                text("```\ntf.get_variable('k', [5, 5, 1, 4])\n```"),
                "failed",
                "Missing: 3 x 3 x 1 x 8; 8",
            ),
            "a size that is computed": (text("```\ntf.get_variable('k', [n[1], 8])\n```"), "failed", "k ? x 8"),
            "no code": (text("A convolution of 3x3x1x8."), "manual", "No code"),
        },
    ),
]
