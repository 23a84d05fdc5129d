"""What the templates of this app may use."""
