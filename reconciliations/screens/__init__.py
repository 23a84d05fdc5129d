"""The pages that look over everything."""
