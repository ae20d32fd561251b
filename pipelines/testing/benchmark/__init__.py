"""Every candidate beside the same models of other libraries: same folds, same machine, same run, a process each."""
