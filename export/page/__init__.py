"""One offline HTML page per model: its bytes, the C library as WebAssembly, and the views."""
