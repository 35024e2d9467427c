"""`sna-edge release`: a project file, what it asks for, and the steps that make a release of it."""
