"""The pages: thin views, their forms, and how numbers, names and lights are shown."""
