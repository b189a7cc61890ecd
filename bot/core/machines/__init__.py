"""State machines, one a file, each as a table: order, plan, switch. All that affects a transition is in its file."""
