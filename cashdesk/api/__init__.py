"""The published APIs of this app, one file each."""
