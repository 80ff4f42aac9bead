"""An app with nothing but small workflows, for measuring the runtime and nothing else."""
