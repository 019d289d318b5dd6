"""Who is who: identifiers, the person behind them, and which people turned out to be one."""
