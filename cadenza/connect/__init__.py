"""The plug-ins that carry data in and out: imports, exports, shops."""
