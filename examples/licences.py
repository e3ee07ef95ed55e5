"""A classifier of text: which licence does a paragraph come from?

The texts are the licences that every Debian system keeps in /usr/share/common-licenses. `TextVectorization` learns
their words and pairs of words and weighs them by TF-IDF; it is part of the model, which therefore takes strings. Prints
the accuracy on paragraphs that it has not seen, writes model and vocabulary to the folder `output`, and reads both
back. Then the same with characters: which sentences are Japanese, and which English?
"""

import re
from pathlib import Path

import numpy as np

import tsuno
from tsuno import layers

tsuno.utils.set_random_seed(1)
LICENCES = Path("/usr/share/common-licenses")
FAMILIES = {
    "Apache-2.0": "Apache",
    "Artistic": "Artistic",
    "GFDL": "GNU FDL",
    "GPL": "GNU GPL",
    "LGPL": "GNU LGPL",
    "MPL": "Mozilla",
}
output = Path("output")
output.mkdir(exist_ok=True)


def paragraphs(text: str, least: int = 60) -> list[str]:
    """The paragraphs of a text that say something, each on one line."""
    found = (" ".join(part.split()) for part in re.split(r"\n\s*\n", text))
    return [part for part in found if len(part) >= least]


def split(texts: list[str], labels: list[int], part: float = 0.2) -> tuple[np.ndarray, ...]:
    """Texts and labels to learn from, and others to test on, in random order."""
    order = np.random.default_rng(1).permutation(len(texts))
    x, y = np.array(texts, dtype=object)[order, None], np.array(labels)[order]
    test = int(len(texts) * part)
    return x[test:], y[test:], x[:test], y[:test]


# ---------------------------------------------------------------------- English: words, pairs of words, TF-IDF

names = sorted(set(FAMILIES.values()))
texts, labels, seen = [], [], set()
for path in sorted(LICENCES.glob("*")):
    family = next((FAMILIES[key] for key in FAMILIES if path.name.startswith(key)), None)
    if family is None or path.is_symlink():
        continue
    for paragraph in paragraphs(path.read_text(encoding="utf-8", errors="replace")):
        if paragraph not in seen:
            seen.add(paragraph)
            texts.append(paragraph)
            labels.append(names.index(family))
x_train, y_train, x_test, y_test = split(texts, labels)
print(f"{len(texts)} paragraphs of {len(names)} kinds: {', '.join(names)}")

reader = layers.TextVectorization(max_tokens=5000, ngrams=2, output_mode="tf_idf", name="reader")
reader.adapt(x_train)
print(f"{reader.vocabulary_size()} words and pairs of words, such as {reader.get_vocabulary()[1:9]}")
(output / "vocabulary.txt").write_text("\n".join(reader.get_vocabulary()[1:]), encoding="utf-8")

model = tsuno.Sequential(
    [
        tsuno.Input((1,), dtype="string"),
        reader,
        layers.UnitNormalization(),
        layers.Dense(64, activation="relu"),
        layers.Dropout(0.3),
        layers.Dense(len(names), activation="softmax"),
    ]
)
model.summary()
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x_train, y_train, epochs=30, batch_size=16, verbose=2, validation_split=0.1)
print(f"\nAccuracy on {len(x_test)} unseen paragraphs: {model.evaluate(x_test, y_test, verbose=0)[1]:.3f}\n")
for text, probability, label in zip(x_test[:5, 0], model.predict(x_test[:5], verbose=0), y_test, strict=False):
    print(f"  {names[probability.argmax()]:<9}{probability.max():6.1%}  really {names[label]:<9} {text[:60]} …")

model.save(output / "licences.keras")
copy = tsuno.saving.load_model(output / "licences.keras")
assert (copy.predict(x_test, verbose=0) == model.predict(x_test, verbose=0)).all()
assert copy.get_layer("reader").get_vocabulary() == reader.get_vocabulary()
counter = layers.TextVectorization(ngrams=2, output_mode="count", vocabulary=str(output / "vocabulary.txt"))
assert counter.vocabulary_size() == reader.vocabulary_size()
assert (np.asarray(counter(x_test))[:, 1:].astype(bool) == (np.asarray(reader(x_test))[:, 1:] != 0)).all()
print("\nThe model read back predicts the same, and a layer made from the vocabulary file counts the same words.")

# ---------------------------------------------------------------------- Japanese: characters

sentences: list[str] = []
languages: list[int] = []
for label, page in enumerate(("README.md", "README.ja.md")):
    text = re.sub(r"```.*?```", "", (Path(__file__).parents[1] / page).read_text(encoding="utf-8"), flags=re.DOTALL)
    for sentence in re.split(r"[\n。|]|\. ", text):
        if len(sentence.strip()) > 6:
            sentences.append(sentence.strip())
            languages.append(label)
x_train, y_train, x_test, y_test = split(sentences, languages, 0.3)

characters = layers.TextVectorization(split="character", output_mode="int", output_sequence_length=40)
characters.adapt(x_train)
print(f"\n{characters.vocabulary_size()} characters, such as {' '.join(characters.get_vocabulary()[2:42])}")
model = tsuno.Sequential(
    [
        tsuno.Input((1,), dtype="string"),
        characters,
        layers.Embedding(characters.vocabulary_size(), 16, mask_zero=True),
        layers.GlobalAveragePooling1D(),
        layers.Dense(1, activation="sigmoid"),
    ]
)
model.compile(tsuno.optimizers.Adam(0.02), "binary_crossentropy", metrics=["accuracy"])
model.fit(x_train, y_train, epochs=60, verbose=0)
accuracy = model.evaluate(x_test, y_test, verbose=0)[1]
print(f"Japanese told from English in {len(x_test)} unseen sentences: {accuracy:.3f}")
for text in ("角は鍵である", "horns and keys"):
    print(f"  {float(model.predict([text], verbose=0)[0, 0]):6.1%}  {text}")
