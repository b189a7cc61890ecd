"""Historical bars: what a request asks for, how often it may be asked, and the bars themselves."""
