"""The tools that measure, in small."""
