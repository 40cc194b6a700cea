"""What each project's team would write to use the kit, and no more."""
