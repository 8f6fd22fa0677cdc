"""What people type: the subcommands of gamegrid."""
