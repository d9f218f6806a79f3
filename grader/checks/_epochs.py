"""What a training log says of its epochs: in words, and which values of a text are its own."""

from grader.core.evidence import Epoch, Reading


def stands_in(reading: Reading, epoch: Epoch) -> bool:
    """Whether a value is one of the log's own line; a place that is a whole page holds other lines too."""
    if reading.source != epoch.source:
        return False
    said = reading.sentence.replace("»", "").replace("«", "")
    return epoch.source.line is not None or "".join(epoch.text.split()) in "".join(said.split())


def written(epoch: Epoch) -> str:
    """The accuracy of an epoch as its log writes it, or else its loss."""
    value = epoch.accuracy if epoch.accuracy is not None else epoch.val_accuracy
    if value is None:
        return f"loss {epoch.loss:g}"
    return f"{100 * value:.6g}%" if "%" in epoch.text else f"{value:.4f}"
