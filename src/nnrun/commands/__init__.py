"""What each first word of the command line does, one module per subcommand."""
