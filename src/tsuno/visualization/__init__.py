"""Pictures of data and of what a model makes of it."""

from tsuno.visualization.inside import Inside as Inside
