"""The pages marketers use. A page joins many modules; it holds no rules and no SQL."""
