"""The checks of what is about to be deployed: links, secrets, budgets, drafts."""
