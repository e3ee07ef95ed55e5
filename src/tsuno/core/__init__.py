"""Ideas without networks: dtypes, variables and their binding, context, symbolic tensors, configuration, errors."""
