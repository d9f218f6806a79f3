"""From a model spec to torch's own modules, and what they count to: the host's view of a network."""
