"""What programs can do about a workspace's own life."""
