"""What templates may use, those of the apps above too."""
