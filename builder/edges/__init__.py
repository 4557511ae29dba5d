"""The only modules that touch disk, network, models, clocks and processes."""
