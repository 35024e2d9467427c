"""The model as data: axes with their bases, interaction, outputs, domain; no verbs."""
