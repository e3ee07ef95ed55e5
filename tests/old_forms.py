"""The table of old forms, put together from its parts."""

import old_forms_silent  # isort: split

import old_forms_arguments
import old_forms_files
import old_forms_imports
import old_forms_methods
from old_form import FORMS

__all__ = ["FORMS"]
PARTS = (old_forms_silent, old_forms_imports, old_forms_arguments, old_forms_methods, old_forms_files)
