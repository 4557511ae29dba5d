"""microtome: cuts scientific papers into benchmark items that a multimodal model can be examined on."""

__version__ = "0.1.0"
