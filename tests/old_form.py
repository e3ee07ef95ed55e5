"""A row for an old form: a few lines as a user typed them, and what is right.

The rows follow a survey of old forms: 2a forms that run and do something else in Keras 3, 2b import paths, 2c
arguments, 2d methods, attributes and the backend, 2e callbacks and files. Each gives what must be said of it: a part
of every note about an old form, in the order in which they come; nothing where the form is the same today. What cannot
work says in one sentence what to do (`refused`).
"""

import ast
import textwrap
from typing import NamedTuple


class Form(NamedTuple):
    row: str
    old: str
    code: str
    says: tuple[str, ...]

    def problem(self, notes):
        """What is wrong with the notes, each a file, a line and a text; None if they are as they must be.

        A note stands at a statement that has one of the words that it quotes, or what follows ` @` in the table.
        """
        said = [text for _, _, text in notes]
        parts = [part.partition(" @") for part in self.says]
        if len(said) != len(parts) or not all(part in text for (part, _, _), text in zip(parts, said, strict=True)):
            return f"said {said}, wanted {self.says}"
        for (file, line, text), (_, _, place) in zip(notes, parts, strict=True):
            words = [place] if place else [*text.split("`")[1::2], text.split("(")[0]]
            source = self.statement(line) if file == "prog.py" else ""
            if not any(word in source for word in words):
                return f"{text!r} is said at {file}:{line}: {source!r}"
        return None

    def statement(self, line):
        """The text of the smallest statement that a line belongs to."""
        found = [
            each for each in ast.walk(ast.parse(self.code))
            if isinstance(each, ast.stmt) and each.lineno <= line <= each.end_lineno
        ]  # fmt: skip
        return ast.get_source_segment(self.code, min(found, key=lambda each: each.end_lineno - each.lineno)) or ""


FORMS: list[Form] = []


def form(row, old, code, *says):
    """Add a row."""
    FORMS.append(Form(row, old, textwrap.dedent(code).strip() + "\n", says))


SMALL = """
from keras.models import Sequential, load_model
from keras.layers import Dense
from keras import callbacks
x, y = np.arange(16.).reshape(8, 2) / 16, np.ones((8, 1))
model = Sequential()
model.add(Dense(1, input_dim=2, activation='sigmoid'))
model.compile(loss='mean_squared_error', optimizer='sgd', metrics=['accuracy'])
"""
"""A model that many rows begin with."""
