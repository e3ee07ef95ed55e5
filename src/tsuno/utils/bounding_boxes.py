"""Boxes around things in images: formats, overlap, and what happens to them when the image is transformed."""

from tsuno.ops.bounding_boxes import affine_transform as affine_transform
from tsuno.ops.bounding_boxes import clip_to_image_size as clip_to_image_size
from tsuno.ops.bounding_boxes import compute_ciou as compute_ciou
from tsuno.ops.bounding_boxes import compute_iou as compute_iou
from tsuno.ops.bounding_boxes import convert_format as convert_format
from tsuno.ops.bounding_boxes import crop as crop
from tsuno.ops.bounding_boxes import decode_deltas_to_boxes as decode_deltas_to_boxes
from tsuno.ops.bounding_boxes import encode_box_to_deltas as encode_box_to_deltas
from tsuno.ops.bounding_boxes import pad as pad
