"""Play a job: its episodes, engines and budget."""
