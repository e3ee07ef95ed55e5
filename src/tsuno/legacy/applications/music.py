"""The music tagger of Keras 1, which is no more: what programs that used it are told."""

from __future__ import annotations

from typing import Any, NoReturn

TAGS = (
    "rock", "pop", "alternative", "indie", "electronic", "female vocalists", "dance", "00s", "alternative rock", "jazz",
    "beautiful", "metal", "chillout", "male vocalists", "classic rock", "soul", "indie rock", "Mellow", "electronica",
    "80s", "folk", "90s", "chill", "instrumental", "punk", "oldies", "blues", "hard rock", "ambient", "acoustic",
    "experimental", "female vocalist", "guitar", "Hip-Hop", "70s", "party", "country", "easy listening", "sexy",
    "catchy", "funk", "electro", "heavy metal", "Progressive rock", "60s", "rnb", "indie pop", "sad", "House", "happy",
)  # fmt: skip


def decode_predictions(preds: Any, top_n: int = 5) -> list[list[tuple[str, float]]]:
    """The tags with the largest numbers of each row, largest first.

    Args:
        preds: one number for each of the 50 tags, (samples, tags).
        top_n: how many tags.
    """
    rows = [sorted(zip(TAGS, map(float, row), strict=True), key=lambda pair: -pair[1]) for row in preds]
    return [row[:top_n] for row in rows]


def preprocess_input(audio_path: Any, dim_ordering: str = "default") -> NoReturn:
    """Raises: the music tagger is no more."""
    raise NotImplementedError("The music tagger is gone since Keras 2: compute a spectrogram with `ops.stft`.")


def MusicTaggerCRNN(
    weights: Any = "msd", input_tensor: Any = None, include_top: bool = True, classes: int = 50
) -> NoReturn:
    """Raises: the music tagger is no more."""
    raise NotImplementedError(
        "The music tagger is gone since Keras 2: make it of Conv2D, BatchNormalization, ELU, MaxPooling2D and GRU."
    )
