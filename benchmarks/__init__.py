"""What measures accuracy, speed and memory: `make bench`."""
