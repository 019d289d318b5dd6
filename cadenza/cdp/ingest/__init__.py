"""Where everything that people do comes in: the door, the checks, and the pipeline behind the inbox."""
