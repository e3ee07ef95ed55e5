"""Mixed precision: the policy that layers follow, and the optimizer that scales the loss."""

from tsuno.config import dtype_policy as dtype_policy
from tsuno.config import set_dtype_policy as set_dtype_policy
from tsuno.dtype_policies import DTypePolicy as DTypePolicy
from tsuno.optimizers import LossScaleOptimizer as LossScaleOptimizer

Policy, global_policy, set_global_policy = DTypePolicy, dtype_policy, set_dtype_policy

__all__ = [
    "DTypePolicy", "LossScaleOptimizer", "Policy", "dtype_policy", "global_policy", "set_dtype_policy",
    "set_global_policy",
]  # fmt: skip
