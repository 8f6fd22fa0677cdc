"""Words to the model and from it: templates are loaded here, replies are parsed here."""
