"""The core: the stages of the system as pure functions, free of Prefect, MLflow, Great Expectations and BentoML."""
