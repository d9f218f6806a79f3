"""From raw artefacts to evidence: pure functions that can be run again on what was stored."""
