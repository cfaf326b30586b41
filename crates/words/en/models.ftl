# The models that read documents: on the command line.
models-fetching = Fetching { $file } ({ $size } MB) …
models-taken = Ready: { $models }
models-bring = Models are missing. To bring them: { $command }. Until then people look at the documents.
models-state-ready = ready
models-state-missing = missing
models-state-wrong = another content, not used
models-state-unreadable = cannot be read
