"""State machines, one a file, each as a table: order, plan. All that affects a transition is in its file."""
