"""Pure stages, one a file, in the order of pipeline.STAGES; none of them opens a file."""
