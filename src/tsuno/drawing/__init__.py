"""Models and curves as pictures, with nothing but Pillow: a layout in layers, and what writes it down."""

from tsuno.drawing.diagram import picture_of as picture_of
from tsuno.drawing.writing import FONTS as FONTS
from tsuno.drawing.writing import Picture as Picture
