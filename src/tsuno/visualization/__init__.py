"""Pictures of data and of what a model makes of it."""

from tsuno.visualization.annotations import draw_bounding_boxes as draw_bounding_boxes
from tsuno.visualization.annotations import draw_segmentation_masks as draw_segmentation_masks
from tsuno.visualization.explanations import grad_cam as grad_cam
from tsuno.visualization.explanations import integrated_gradients as integrated_gradients
from tsuno.visualization.explanations import occlusion as occlusion
from tsuno.visualization.explanations import saliency as saliency
from tsuno.visualization.galleries import plot_bounding_box_gallery as plot_bounding_box_gallery
from tsuno.visualization.galleries import plot_image_gallery as plot_image_gallery
from tsuno.visualization.galleries import plot_segmentation_mask_gallery as plot_segmentation_mask_gallery
from tsuno.visualization.inside import Inside as Inside
from tsuno.visualization.plots import plot_activations as plot_activations
from tsuno.visualization.plots import plot_confusion_matrix as plot_confusion_matrix
from tsuno.visualization.plots import plot_filters as plot_filters
from tsuno.visualization.plots import plot_grad_cam as plot_grad_cam
from tsuno.visualization.plots import plot_integrated_gradients as plot_integrated_gradients
from tsuno.visualization.plots import plot_saliency as plot_saliency
