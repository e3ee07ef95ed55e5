"""`tf.errors`: the classes of errors that programs catch."""

from __future__ import annotations


class OpError(Exception):
    """Base of errors of TensorFlow."""

    @property
    def message(self) -> str:
        """What went wrong."""
        return str(self)


class InvalidArgumentError(OpError, ValueError):
    """A value is not what it must be."""


class OutOfRangeError(OpError, StopIteration):
    """Data has come to its end."""


class NotFoundError(OpError, FileNotFoundError):
    """Something that was named is not there."""


class AlreadyExistsError(OpError, FileExistsError):
    """Something is there already."""


class FailedPreconditionError(OpError):
    """A variable has no value."""


class ResourceExhaustedError(OpError, MemoryError):
    """There is not enough memory."""


class UnimplementedError(OpError, NotImplementedError):
    """Something is not there."""


class PermissionDeniedError(OpError, PermissionError):
    """Something is not allowed."""


class UnavailableError(OpError):
    """Something is not there now."""


class InternalError(OpError):
    """Something is wrong inside."""


class UnknownError(OpError):
    """Something is wrong."""


class AbortedError(OpError):
    """Something was stopped."""


class CancelledError(OpError):
    """Something was called off."""


class DataLossError(OpError):
    """A file is damaged."""


class DeadlineExceededError(OpError):
    """Something took too long."""


class UnauthenticatedError(OpError):
    """Nobody has said who they are."""
