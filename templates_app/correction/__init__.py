"""The model's part of reading a template: what rules found is shown to it in parts, what it corrects is checked.

Pure code over a parse: no database, no jobs. ``reading`` puts it into the job.
"""
