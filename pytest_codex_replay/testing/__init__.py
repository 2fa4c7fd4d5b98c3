"""What the pytest plugin is made of; `plugin.py` wires it to pytest's hooks. Light: nothing here starts anything."""
