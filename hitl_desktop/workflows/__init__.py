"""What the program does for one wish of a person, in rooms from annotation to benchmark."""
