"""Data quality: rules, suites and the gate that nothing trains without passing."""
